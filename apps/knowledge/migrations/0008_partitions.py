"""Vectors of large organisations in partitions of their own; postings (docs/adr/0020).

The table of vectors becomes the partition that all share: nothing is copied. Partitions have row security and
the policy of their own and no grants: the application reaches rows through the table alone, and makes
partitions by functions that only the platform's role may call.
"""

import apps.tenants.constraints
import apps.tenants.fields
import apps.tenants.models
import apps.tenants.scope
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models

_SHARED = "00000000-0000-0000-0000-000000000000"
_POLICY = (
    "CREATE POLICY tenant_isolation ON {table} FOR ALL "
    "USING (tenant_id = (SELECT current_setting('app.tenant_id')::uuid)) "
    "WITH CHECK (tenant_id = (SELECT current_setting('app.tenant_id')::uuid))"
)

_DIVIDE = f"""
ALTER TABLE knowledge_chunkvector RENAME TO knowledge_chunkvector_shared;
ALTER TABLE knowledge_chunkvector_shared ADD COLUMN shelf uuid NOT NULL DEFAULT '{_SHARED}';
CREATE TABLE knowledge_chunkvector (LIKE knowledge_chunkvector_shared INCLUDING DEFAULTS INCLUDING STORAGE)
  PARTITION BY LIST (shelf);
ALTER TABLE knowledge_chunkvector ADD CONSTRAINT chunk_vector_shelf CHECK (shelf IN ('{_SHARED}', tenant_id));
ALTER TABLE knowledge_chunkvector_shared
  ADD CONSTRAINT chunk_vector_shelf CHECK (shelf IN ('{_SHARED}', tenant_id));
ALTER TABLE knowledge_chunkvector ENABLE ROW LEVEL SECURITY;
ALTER TABLE knowledge_chunkvector FORCE ROW LEVEL SECURITY;
{_POLICY.format(table="knowledge_chunkvector")};
GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge_chunkvector TO app_web, app_worker, app_platform;
REVOKE ALL ON knowledge_chunkvector_shared FROM app_web, app_worker, app_platform;
ALTER TABLE knowledge_chunkvector ATTACH PARTITION knowledge_chunkvector_shared FOR VALUES IN ('{_SHARED}');
ALTER TABLE knowledge_chunkvector ADD CONSTRAINT knowledge_chunkvector_document_key
  FOREIGN KEY (tenant_id, document_id) REFERENCES knowledge_document (tenant_id, id)
  DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE knowledge_chunkvector ADD CONSTRAINT knowledge_chunkvector_chunk_key
  FOREIGN KEY (tenant_id, chunk_id) REFERENCES knowledge_chunk (tenant_id, id)
  DEFERRABLE INITIALLY DEFERRED;
"""

_FUNCTIONS = f"""
CREATE FUNCTION knowledge_shelf_create(tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  shelf text := 'knowledge_chunkvector_' || replace(tenant::text, '-', '');
BEGIN
  IF to_regclass(shelf) IS NOT NULL OR NOT EXISTS (SELECT FROM tenants_tenant WHERE id = tenant) THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE public.%1$I (LIKE knowledge_chunkvector_shared INCLUDING DEFAULTS INCLUDING STORAGE '
    'INCLUDING CONSTRAINTS INCLUDING INDEXES)', shelf);
  EXECUTE format('ALTER TABLE %1$I ADD CONSTRAINT chunk_vector_tenant CHECK (tenant_id = %2$L)', shelf, tenant);
  EXECUTE format('ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', shelf);
  EXECUTE format($policy${_POLICY.format(table="%1$I")}$policy$, shelf);
  PERFORM set_config('app.tenant_id', tenant::text, true);
  EXECUTE format('ALTER TABLE knowledge_chunkvector ATTACH PARTITION %1$I FOR VALUES IN (%2$L)', shelf, tenant);
END $$;

CREATE FUNCTION knowledge_shelf_index(tenant uuid, models uuid[], dimensions int[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  shelf text := 'knowledge_chunkvector_' || replace(tenant::text, '-', '');
  names text[] := ARRAY(SELECT 'knowledge_near_' || md5(concat_ws('/', tenant, u.model, u.size))
                        FROM unnest(models, dimensions) AS u (model, size));
  name text;
BEGIN
  IF to_regclass(shelf) IS NULL THEN
    RETURN;
  END IF;
  FOR i IN 1 .. cardinality(names) LOOP
    IF to_regclass(names[i]) IS NULL THEN
      EXECUTE format('CREATE INDEX %1$I ON %2$I USING hnsw ((embedding::halfvec(%3$s)) halfvec_cosine_ops) '
        'WHERE model_id = %4$L AND vector_dims(embedding) = %3$s', names[i], shelf, dimensions[i], models[i]);
    END IF;
  END LOOP;
  FOR name IN SELECT c.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
      WHERE x.indrelid = shelf::regclass AND starts_with(c.relname, 'knowledge_near_') AND c.relname <> ALL(names)
  LOOP
    EXECUTE format('DROP INDEX %I', name);
  END LOOP;
END $$;

CREATE FUNCTION knowledge_shelf_drop(tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  shelf text := 'knowledge_chunkvector_' || replace(tenant::text, '-', '');
  holds boolean;
BEGIN
  IF to_regclass(shelf) IS NULL THEN
    RETURN;
  END IF;
  LOCK TABLE knowledge_chunkvector IN ACCESS EXCLUSIVE MODE;
  PERFORM set_config('app.tenant_id', tenant::text, true);
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', shelf) INTO holds;
  IF NOT holds OR NOT EXISTS (SELECT FROM tenants_tenant WHERE id = tenant) THEN
    EXECUTE format('DROP TABLE %I', shelf);
  END IF;
END $$;

REVOKE ALL ON FUNCTION knowledge_shelf_create(uuid), knowledge_shelf_index(uuid, uuid[], int[]),
  knowledge_shelf_drop(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION knowledge_shelf_create(uuid), knowledge_shelf_index(uuid, uuid[], int[]),
  knowledge_shelf_drop(uuid) TO app_platform;
"""  # noqa: S608 - our own names


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0008_data_classes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="chunkvector",
                    name="shelf",
                    field=models.UUIDField(
                        db_default=uuid.UUID(int=0), default=uuid.UUID(int=0), editable=False
                    ),
                ),
            ],
            database_operations=[migrations.RunSQL(_DIVIDE), migrations.RunSQL(_FUNCTIONS)],
        ),
        migrations.CreateModel(
            name="Posting",
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
                ("segment", models.IntegerField()),
                ("term", models.IntegerField()),
                ("level", models.SmallIntegerField()),
                ("size", models.IntegerField()),
                (
                    "places",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
            ],
            options={
                "indexes": [
                    apps.tenants.constraints.TenantIndex(fields=["tenant_id", "term"], name="posting_term"),
                    apps.tenants.constraints.TenantIndex(
                        fields=["tenant_id", "segment"], name="posting_segment"
                    ),
                ],
                "constraints": [
                    apps.tenants.constraints.RowSecurity(
                        name="knowledge_posting_tenant", privileges="SELECT, INSERT, UPDATE, DELETE"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PostedDocument",
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
                ("number", models.BigIntegerField()),
                ("is_complete", models.BooleanField(default=False)),
                (
                    "document",
                    apps.tenants.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="knowledge.document",
                    ),
                ),
            ],
            options={
                "constraints": [
                    apps.tenants.constraints.TenantUnique(
                        fields=("tenant_id", "document"), name="posted_document_once"
                    ),
                    apps.tenants.constraints.TenantUnique(
                        fields=("tenant_id", "number"), name="posted_document_number"
                    ),
                    apps.tenants.constraints.SameTenantKey(
                        field="document", name="knowledge_posteddocument_document_key"
                    ),
                    apps.tenants.constraints.RowSecurity(
                        name="knowledge_posteddocument_tenant", privileges="SELECT, INSERT, UPDATE, DELETE"
                    ),
                ],
            },
        ),
    ]
