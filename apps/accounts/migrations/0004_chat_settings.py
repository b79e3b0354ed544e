from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_shows_budgets"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="send_key",
            field=models.CharField(
                choices=[("enter", "Enter"), ("mod_enter", "Ctrl+Enter, on a Mac ⌘+Enter")],
                db_default="enter",
                default="enter",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="follows_answers",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="user",
            name="reads_answers",
            field=models.CharField(
                choices=[
                    ("off", "Only that it is ready"),
                    ("complete", "Its beginning when it is complete"),
                    ("paragraphs", "Paragraph by paragraph as it is written"),
                ],
                db_default="complete",
                default="complete",
                max_length=12,
            ),
        ),
    ]
