"""The index of a chunk's place gives its id too: candidates from postings need no row of the text's table."""

from django.db import migrations

import apps.tenants.constraints


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0011_embedding_scale")]

    operations = [
        migrations.RemoveConstraint(model_name="chunk", name="chunk_position"),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=apps.tenants.constraints.TenantUnique(
                fields=("tenant_id", "document", "position"), include=("id",), name="chunk_position"
            ),
        ),
    ]
