import apps.tenants.constraints
import apps.tenants.fields
import apps.tenants.models
import apps.tenants.scope
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0010_stores"),
        ("llm", "0008_price_unit"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmbeddingScale",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.tenants.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tenant_id",
                    apps.tenants.fields.TenantColumn(
                        default=apps.tenants.scope.tenant_id_or_none, editable=False
                    ),
                ),
                ("zero", models.FloatField()),
                ("stretch", models.FloatField()),
                ("measured_at", models.DateTimeField(auto_now_add=True)),
                (
                    "model",
                    apps.tenants.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="llm.model"
                    ),
                ),
            ],
            options={
                "constraints": [
                    apps.tenants.constraints.TenantUnique(
                        fields=("tenant_id", "model"), name="embedding_scale_once"
                    ),
                    apps.tenants.constraints.SameTenantKey(
                        field="model", name="knowledge_embeddingscale_model_key"
                    ),
                    apps.tenants.constraints.RowSecurity(
                        name="knowledge_embeddingscale_tenant", privileges="SELECT, INSERT, UPDATE, DELETE"
                    ),
                ],
            },
        ),
    ]
