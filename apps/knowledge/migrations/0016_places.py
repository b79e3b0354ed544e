"""Where a chunk stands in a sheet or a show, and how far a document is read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0015_evaluation_gates")]

    operations = [
        migrations.AddField("chunk", "is_slide", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("chunk", "sheet", models.CharField(blank=True, db_default="", max_length=200)),
        migrations.AddField("chunk", "first_row", models.PositiveIntegerField(null=True)),
        migrations.AddField("chunk", "last_row", models.PositiveIntegerField(null=True)),
        migrations.AddField("document", "pages_read", models.PositiveIntegerField(db_default=0, default=0)),
    ]
