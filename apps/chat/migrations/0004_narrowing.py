from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_rating")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="narrowing",
            field=models.JSONField(default=dict),
        ),
    ]
