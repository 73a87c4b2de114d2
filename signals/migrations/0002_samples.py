"""The table of samples, by day. Days are made by a function of the owner's, because the application's role may not make tables."""

from django.db import migrations

FORWARD = """
CREATE TABLE signals_sample (
    series_id bigint NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    -- Windows of one series and its newest sample are read by this; it also makes a sample once.
    PRIMARY KEY (series_id, at)
) PARTITION BY RANGE (at);

CREATE FUNCTION signals_day_ensure(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE name text := 'signals_sample_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('signals_day_ensure'));
    IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF signals_sample FOR VALUES FROM (%L) TO (%L)', name,
        (day::text || ' 00:00:00+00')::timestamptz, ((day + 1)::text || ' 00:00:00+00')::timestamptz);
    RETURN;
END $$;
"""
BACKWARD = "DROP FUNCTION signals_day_ensure(date); DROP TABLE signals_sample;"


class Migration(migrations.Migration):
    dependencies = [("signals", "0001_first")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
