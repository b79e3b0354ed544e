"""A verified answer keeps where its passages stand, and that its approver was reminded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0017_searches_beside")]

    operations = [
        migrations.AddField("verifiedsource", "heading", models.JSONField(db_default=[], default=list)),
        migrations.AddField(
            "verifiedsource", "is_slide", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            "verifiedsource", "sheet", models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField("verifiedsource", "first_row", models.PositiveIntegerField(null=True)),
        migrations.AddField("verifiedsource", "last_row", models.PositiveIntegerField(null=True)),
        migrations.AddField("verifiedanswer", "reminded_at", models.DateTimeField(null=True)),
    ]
