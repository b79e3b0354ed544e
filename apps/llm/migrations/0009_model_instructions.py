"""What an administrator tells a model before all that it is asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0008_price_unit")]

    operations = [
        migrations.AddField(
            model_name="model",
            name="instructions",
            field=models.TextField(blank=True, default=""),
        ),
    ]
