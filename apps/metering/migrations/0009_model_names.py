"""A statement's line keeps what people called its model."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("metering", "0008_closed_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name="statementline",
            name="model_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=220),
        ),
    ]
