"""The language that pictures of text are read in: a collection's, a document's own, and what they were in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0018_verified_passages")]

    operations = [
        migrations.AddField(
            "knowledgebase",
            "scan_language",
            models.CharField(db_default="auto", default="auto", max_length=8),
        ),
        migrations.AddField(
            "document", "scan_language", models.CharField(blank=True, db_default="", max_length=8)
        ),
        migrations.AddField("document", "read_as", models.JSONField(db_default=[], default=list)),
        migrations.AddField(
            "upload", "scan_language", models.CharField(blank=True, db_default="", max_length=8)
        ),
    ]
