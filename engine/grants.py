"""What the application's database role may do, table by table; run by the owner after every migrate."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


def grant_all(using: str = "owner", **kwargs: Any) -> None:
    """Grant reading and writing everywhere, but nothing except INSERT and SELECT on what is append-only.

    A no-op when both roles are one (then the triggers alone stand guard, and `checks` says so).
    """
    role = conninfo_to_dict(settings.DATABASE_URL).get("user")
    owner = conninfo_to_dict(settings.OWNER_DATABASE_URL).get("user")
    if using != "owner" or not role or role == owner:
        return
    name = sql.Identifier(str(role))
    with connections[using].cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        cursor.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name)
        )
        cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
        for model in apps.get_models():
            if getattr(model, "append_only", False):
                table = sql.Identifier(model._meta.db_table)
                cursor.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(table, name))
