"""A search in several collections at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0016_places")]

    operations = [
        migrations.AddField("trialsearch", "beside", models.JSONField(db_default=[], default=list)),
    ]
