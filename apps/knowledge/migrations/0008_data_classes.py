from django.db import migrations, models

CLASSES = [(1, "Public"), (2, "Internal"), (3, "Confidential"), (4, "Restricted")]


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0007_unanswered"),
    ]

    operations = [
        migrations.AddField(
            model_name="knowledgebase",
            name="data_class",
            field=models.PositiveSmallIntegerField(choices=CLASSES, default=2),
        ),
        migrations.AddField(
            model_name="document",
            name="data_class",
            field=models.PositiveSmallIntegerField(choices=CLASSES, null=True),
        ),
        migrations.AddField(
            model_name="document",
            name="class_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
