from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guardrails", "0001_policies")]

    operations = [
        migrations.AddField(
            model_name="policy", name="keep_days", field=models.PositiveSmallIntegerField(default=365)
        )
    ]
