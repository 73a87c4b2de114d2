"""Refuse to serve dangerously, and say how to mend it."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from hotline_ep import numbers
from notifications.bundling import unreadable
from notifications.channels import vapid
from notifications.channels.chats import VARIABLE, read_all
from notifications.channels.configured import GATEWAYS, gateways
from notifications.channels.email import MAIL_VARIABLE, readable, server


def register_all() -> None:
    register(secrets_are_set, Tags.security, deploy=True)
    register(two_roles, Tags.security, deploy=True)
    register(numbers_are_read)
    register(keeping_is_long_enough)
    register(gateways_are_whole)
    register(mail_is_whole)
    register(chats_are_whole)
    register(push_key_is_whole)
    register(bundling_is_whole)
    register(locale_of_the_database, Tags.database)


def secrets_are_set(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Serving with the stand-in keys would let anyone forge sessions and the log."""
    stand_ins = {
        "HOTLINE_SECRET_KEY": settings.SECRET_KEY == settings.UNSAFE,
        "HOTLINE_LOG_KEY": settings.UNSAFE.encode()[:8] in settings.LOG_KEYS[settings.LOG_KEY_ID],
        "HOTLINE_FIELD_KEY": settings.UNSAFE.encode()[:8] in settings.FIELD_KEYS[settings.FIELD_KEY_ID],
    }
    return [
        Error(
            f"{name} is not set.",
            hint="Generate it once, keep it with the backups, and pass it in the environment.",
            id=f"hotline.{name}",
        )
        for name, missing in stand_ins.items()
        if missing
    ]


def two_roles(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """With one role for everything the application could drop the triggers that protect the log."""
    if conninfo_to_dict(settings.DATABASE_URL).get("user") != conninfo_to_dict(settings.OWNER_DATABASE_URL).get("user"):
        return []
    hint = "Create a second role without DDL rights and name it in DATABASE_URL; keep the owner in OWNER_DATABASE_URL."
    return [Warning("The application uses the database role that owns the tables.", hint=hint, id="hotline.one_role")]


def numbers_are_read(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A number that cannot be read would count as the usual one, and nobody would know."""
    return [
        Error(f"{name} cannot be read.", hint=numbers.NUMBERS[name].expected, id=f"hotline.{name}")
        for name in numbers.unreadable()
    ]


def keeping_is_long_enough(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Samples of the past 90 days are taken in: dropped sooner, a late one would miss its roll-up; and coarse outlives fine."""
    keep = settings.SIGNALS_KEEP_DAYS
    if keep["raw"] >= 100 and keep["hour"] >= max(keep["minute"], 401) and keep["minute"] >= keep["raw"]:
        return []
    hint = (
        "HOTLINE_KEEP_SAMPLES_DAYS (100 at least) ≤ HOTLINE_KEEP_MINUTES_DAYS ≤ HOTLINE_KEEP_HOURS_DAYS (401 at least)."
    )
    return [Error("Samples or their roll-ups are kept for too short a time.", hint=hint, id="hotline.keep")]


def gateways_are_whole(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A gateway without a secret would let anyone sign receipts; one that cannot be read would stop every message."""
    wrong: list[CheckMessage] = []
    for channel, name in GATEWAYS.items():
        try:
            gateways(channel)
        except ValueError:
            hint = "Write https://name:secret@host/base for each, divided by spaces; the name in small letters, digits and dashes."
            wrong.append(Error(f"{name} cannot be read.", hint=hint, id=f"hotline.{name}"))
    return wrong


def mail_is_whole(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """An address that no mail could be handed to would be noticed with the first letters of the first night."""
    if readable(server()):
        return []
    hint = "Write smtp://user:password@host:port?from=address, or smtps://…, or leave it empty: then mail stays in the sink."
    return [Error(f"{MAIL_VARIABLE} cannot be read.", hint=hint, id=f"hotline.{MAIL_VARIABLE}")]


def chats_are_whole(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A chat that cannot be read hears nothing; its place is named and nothing of it quoted, for it is a secret."""
    hint = "Write whose/name=kind+address#secret for each, divided by spaces; kind: wecom, dingtalk, feishu or webhook; each name once."
    return [
        Error(f"Entry {place} of {VARIABLE} cannot be read.", hint=hint, id=f"hotline.{VARIABLE}")
        for place in read_all()[1]
    ]


def push_key_is_whole(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A key that cannot be read would turn notifications off for everybody, silently."""
    if not os.environ.get(vapid.VARIABLE) or vapid.signer() is not None:
        return []
    hint = "Generate it once with `openssl rand -base64 32`, or leave it empty: then nobody is told in browsers."
    return [Error(f"{vapid.VARIABLE} cannot be read.", hint=hint, id=f"hotline.{vapid.VARIABLE}")]


def bundling_is_whole(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """How long letters wait for each other; a value that cannot be read would count as the usual one, and nobody would know."""
    hint = "Write a whole number: up to 3600 and 300 seconds, and up to 1440 minutes; without them 300, 60 and 15."
    return [Error(f"{name} cannot be read.", hint=hint, id=f"hotline.{name}") for name in unreadable()]


def locale_of_the_database(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Under the C locale trigrams of Chinese text are empty, and searching finds nothing."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT datctype FROM pg_database WHERE datname = current_database()")
        ctype = cursor.fetchone()[0]
    if "utf" in ctype.lower():
        return []
    hint = "Create the database with LOCALE 'C.UTF-8' (or another UTF-8 locale)."
    return [Error(f"The database's character type is {ctype}.", hint=hint, id="hotline.ctype")]
