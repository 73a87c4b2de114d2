"""Roll-ups of samples by minute and by hour, and the only way in which samples go: a whole day at once, after its roll-ups were proved.

Tables and partitions belong to the owner; the application's role rolls up and asks a function of the owner's to drop, which
looks for itself whether anything would be lost.
"""

from django.db import migrations

COLUMNS = """
    series_id bigint NOT NULL,
    at timestamptz NOT NULL,
    count integer NOT NULL,
    sum double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    -- A chart reads one series over a span by this; it also makes a roll-up once.
    PRIMARY KEY (series_id, at)
"""
FORWARD = f"""
-- An hour of all series is read to roll it up; samples come in the order of time, so that this costs next to nothing.
CREATE INDEX signals_sample_at ON signals_sample USING brin (at) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE signals_minute ({COLUMNS}) PARTITION BY RANGE (at);
CREATE TABLE signals_hour ({COLUMNS}) PARTITION BY RANGE (at);

CREATE TABLE signals_rollupday (
    day date PRIMARY KEY,
    -- How many rows the day's partition had ever taken in when the walk over its hours began, and when that was.
    inserted bigint NOT NULL,
    begun_at timestamptz NOT NULL,
    -- The hour that is next, from the latest to the earliest; -1: the walk is done.
    hour smallint NOT NULL
);

CREATE FUNCTION signals_rollup_ensure(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    minute text := 'signals_minute_' || to_char(day, 'YYYYMMDD');
    hour text := 'signals_hour_' || to_char(day, 'YYYYMM');
    month date := date_trunc('month', day)::date;
BEGIN
    IF to_regclass(minute) IS NOT NULL AND to_regclass(hour) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('signals_day_ensure'));
    IF to_regclass(minute) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF signals_minute FOR VALUES FROM (%L) TO (%L)', minute,
            (day::text || ' 00:00:00+00')::timestamptz, ((day + 1)::text || ' 00:00:00+00')::timestamptz);
    END IF;
    IF to_regclass(hour) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF signals_hour FOR VALUES FROM (%L) TO (%L)', hour,
            (month::text || ' 00:00:00+00')::timestamptz,
            ((month + interval '1 month')::date::text || ' 00:00:00+00')::timestamptz);
    END IF;
END $$;

-- True when the day's samples are gone (or were never there), false when something of them is not rolled up yet.
CREATE FUNCTION signals_day_drop(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    name text := 'signals_sample_' || to_char(day, 'YYYYMMDD');
    missing bigint;
BEGIN
    IF day > current_date - 30 THEN RAISE EXCEPTION 'samples younger than 30 days are never dropped'; END IF;
    IF to_regclass(name) IS NULL THEN RETURN true; END IF;
    -- Nobody adds to this day from here on; other days go on.
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
    EXECUTE format(
        'SELECT count(*) FROM (SELECT series_id, date_bin(''1 hour'', at, ''epoch'') AS at, count(*) AS n FROM %1$I GROUP BY 1, 2) r'
        ' LEFT JOIN signals_hour k ON k.series_id = r.series_id AND k.at = r.at WHERE k.count IS NULL OR k.count < r.n', name)
        INTO missing;
    IF missing > 0 THEN RETURN false; END IF;
    EXECUTE format('DROP TABLE %I', name);
    DELETE FROM signals_rollupday d WHERE d.day = signals_day_drop.day;
    RETURN true;
END $$;

-- The same for a day of minutes, which must be in the hours, and for a month of hours, which nothing holds any more.
CREATE FUNCTION signals_minute_drop(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    name text := 'signals_minute_' || to_char(day, 'YYYYMMDD');
    missing bigint;
BEGIN
    IF day > current_date - 30 THEN RAISE EXCEPTION 'minutes younger than 30 days are never dropped'; END IF;
    IF to_regclass(name) IS NULL THEN RETURN true; END IF;
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
    EXECUTE format(
        'SELECT count(*) FROM (SELECT series_id, date_bin(''1 hour'', at, ''epoch'') AS at, sum(count) AS n FROM %1$I GROUP BY 1, 2) r'
        ' LEFT JOIN signals_hour k ON k.series_id = r.series_id AND k.at = r.at WHERE k.count IS NULL OR k.count < r.n', name)
        INTO missing;
    IF missing > 0 THEN RETURN false; END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN true;
END $$;

CREATE FUNCTION signals_hour_drop(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE name text := 'signals_hour_' || to_char(day, 'YYYYMM');
BEGIN
    IF day > current_date - 400 THEN RAISE EXCEPTION 'hours younger than 400 days are never dropped'; END IF;
    IF to_regclass(name) IS NOT NULL THEN EXECUTE format('DROP TABLE %I', name); END IF;
    RETURN true;
END $$;
"""  # noqa: S608
BACKWARD = """
DROP FUNCTION signals_hour_drop(date); DROP FUNCTION signals_minute_drop(date); DROP FUNCTION signals_day_drop(date);
DROP FUNCTION signals_rollup_ensure(date);
DROP TABLE signals_rollupday; DROP TABLE signals_hour; DROP TABLE signals_minute; DROP INDEX signals_sample_at;
"""


class Migration(migrations.Migration):
    dependencies = [("signals", "0006_verdicts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
