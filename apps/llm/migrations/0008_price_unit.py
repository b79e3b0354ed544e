from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("llm", "0007_own_default"),
    ]

    operations = [
        migrations.AddField(
            model_name="model",
            name="price_unit",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True),
        ),
    ]
