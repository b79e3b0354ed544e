"""Planned versions of the price book may be withdrawn, begun ones never; no comparison is kept twice."""

import apps.tenants.constraints
from django.db import migrations, models

_TABLES = ("metering_exchangerate", "metering_markup", "metering_modelprice")
_REFUSE = """
CREATE FUNCTION metering_version_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A version that has begun stays: calls may have been made at it. Add another one.'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_held';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER version_held BEFORE DELETE ON {table} FOR EACH ROW
    WHEN (OLD.valid_from <= clock_timestamp() AND current_user IN ('app_web', 'app_worker'))
    EXECUTE FUNCTION metering_version_held();
"""
    for table in _TABLES
)
_ALLOW = (
    "".join(f"DROP TRIGGER version_held ON {table};" for table in _TABLES)
    + "DROP FUNCTION metering_version_held()"
)


class Migration(migrations.Migration):
    dependencies = [
        ("metering", "0009_model_names"),
    ]

    operations = [
        migrations.RunSQL(_REFUSE, _ALLOW),
        migrations.RemoveConstraint(
            model_name="exchangerate",
            name="metering_exchangerate_tenant",
        ),
        migrations.RemoveConstraint(
            model_name="markup",
            name="metering_markup_tenant",
        ),
        migrations.RemoveConstraint(
            model_name="modelprice",
            name="metering_modelprice_tenant",
        ),
        migrations.AddField(
            model_name="invoice",
            name="digest",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=apps.tenants.constraints.RowSecurity(
                name="metering_exchangerate_tenant", privileges="SELECT, INSERT, DELETE"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=apps.tenants.constraints.TenantUnique(
                condition=models.Q(("digest", ""), _negated=True),
                fields=("tenant_id", "digest"),
                name="invoice_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="markup",
            constraint=apps.tenants.constraints.RowSecurity(
                name="metering_markup_tenant", privileges="SELECT, INSERT, DELETE"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelprice",
            constraint=apps.tenants.constraints.RowSecurity(
                name="metering_modelprice_tenant", privileges="SELECT, INSERT, UPDATE, DELETE"
            ),
        ),
    ]
