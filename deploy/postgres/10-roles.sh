#!/bin/bash
# Runs once, when the database volume is empty: the owner's role makes tables, the application's role only uses them.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
     -v owner_password="$HOTLINE_OWNER_PASSWORD" -v app_password="$HOTLINE_APP_PASSWORD" -v database="$POSTGRES_DB" <<'SQL'
CREATE ROLE hotline_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'owner_password';
CREATE ROLE hotline_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'app_password';
ALTER DATABASE :"database" OWNER TO hotline_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE hotline_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hotline_app;
ALTER DEFAULT PRIVILEGES FOR ROLE hotline_owner GRANT USAGE, SELECT ON SEQUENCES TO hotline_app;
SQL
