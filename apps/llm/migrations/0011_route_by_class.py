from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("llm", "0010_clearances"),
    ]

    operations = [
        migrations.AlterField(
            model_name="route",
            name="kind",
            field=models.CharField(
                choices=[
                    ("fallback", "Fallback"),
                    ("cheapest", "Cheapest"),
                    ("fastest", "Fastest"),
                    ("best_value", "Best value"),
                    ("task", "By task"),
                    ("data_class", "By data class"),
                    ("cascade", "Cascade"),
                    ("judge", "Judge"),
                    ("ensemble", "Ensemble"),
                ],
                max_length=16,
            ),
        ),
    ]
