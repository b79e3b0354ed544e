"""What of a damaged file could not be read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0019_scan_language")]

    operations = [
        migrations.AddField("document", "loss", models.CharField(blank=True, db_default="", max_length=300)),
    ]
