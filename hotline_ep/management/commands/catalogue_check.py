"""`manage.py catalogue_check`: every string of the interface has a Chinese translation, with the same placeholders."""

import re
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands import makemessages
from django.test.utils import override_settings

_LOCALE = "zh_Hans"
_IGNORED = (".venv/*", "node_modules/*", "var/*", "tests/*", "bench/*", "tools/*", "frontend/*")
_PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]|%[sd]|\{\w*\}")


class _Collect(makemessages.Command):
    """Django's, never guessing: a translation taken from a similar string is a wrong one that looks right."""

    msgmerge_options = ["-q", "--backup=none", "--previous", "--update", "--no-fuzzy-matching"]


class Command(BaseCommand):
    help = (
        "Compare the strings in code and templates with the catalogue; --write adds what is missing, for translating."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="write the new strings into the catalogue")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Path(settings.LOCALE_PATHS[0])
        with tempfile.TemporaryDirectory() as name:
            copy = Path(name) / "locale"
            shutil.copytree(source, copy)
            self._collect(copy)
            collected = copy / _LOCALE / "LC_MESSAGES" / "django.po"
            faults = list(faults_of(polib.pofile(str(collected))))
            if options["write"]:
                target = source / _LOCALE / "LC_MESSAGES" / "django.po"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(collected, target)
                self.stdout.write(f"{target}: {len(faults)} to translate or mend")
                return
        if faults:
            raise CommandError("\n".join([*faults, "Run `make messages`, then translate in locale/."]))

    def _collect(self, locale: Path) -> None:
        with override_settings(LOCALE_PATHS=[locale]):
            call_command(
                _Collect(),
                locale=[_LOCALE],
                ignore_patterns=list(_IGNORED),
                no_location=True,
                no_obsolete=True,
                no_wrap=True,
                verbosity=0,
            )


def faults_of(catalogue: polib.POFile) -> Iterator[str]:
    """One line for each string that is not translated, only guessed, or loses or invents a placeholder."""
    for entry in catalogue:
        if entry.obsolete:
            continue
        translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy:
            yield f"unsure: {entry.msgid!r}"
        if not all(translations):
            yield f"not translated: {entry.msgid!r}"
            continue
        wanted = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in translations:
            if set(_PLACEHOLDER.findall(text)) != wanted:
                yield f"other placeholders than its original: {text!r}"
