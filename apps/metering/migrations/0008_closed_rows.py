"""Closed rows of the ledger never change, whoever asks; days are added to (ADR 24)."""

import apps.tenants.constraints
from django.db import migrations, models

_REFUSE = """
CREATE FUNCTION metering_usage_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A closed row of the ledger is never changed. Correct it by a row of its own.'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'usage_closed';
END $$;
CREATE TRIGGER usage_closed BEFORE UPDATE ON metering_usagerecord FOR EACH ROW
    WHEN (OLD.state <> 'reserved') EXECUTE FUNCTION metering_usage_closed()
"""
_ALLOW = """
DROP TRIGGER usage_closed ON metering_usagerecord;
DROP FUNCTION metering_usage_closed()
"""
_ANEW = "UPDATE metering_rollupmark SET counted_to = '1970-01-01 00:00:00+00'"
"""The days held calls behind the mark too."""


class Migration(migrations.Migration):
    dependencies = [
        ("metering", "0007_chargeback"),
    ]

    operations = [
        migrations.RunSQL(_REFUSE, _ALLOW),
        migrations.AddField(
            model_name="dailyusage",
            name="is_open",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="dailyusage",
            index=apps.tenants.constraints.TenantIndex(
                condition=models.Q(("is_open", True)), fields=["tenant_id", "day"], name="daily_usage_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyusage",
            constraint=apps.tenants.constraints.TenantUnique(
                fields=(
                    "tenant_id",
                    "day",
                    "is_open",
                    "team_id",
                    "user_id",
                    "api_key_id",
                    "model_id",
                    "currency",
                ),
                name="daily_usage_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(_ANEW, migrations.RunSQL.noop),
    ]
