"""`manage.py catalogue_check`: every string of the interface has a Chinese translation, with the same placeholders."""

import contextlib
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

_LANGUAGE, _WIDTH = "zh_Hans", 120
CATALOGUE = Path(_LANGUAGE) / "LC_MESSAGES" / "django.po"
_NOT_CODE = frozenset({"locale", "node_modules", "var", "tests", "bench", "tools", "frontend", "docs", "requirements"})
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
        target = Path(settings.LOCALE_PATHS[0]) / CATALOGUE
        with tempfile.TemporaryDirectory() as name:
            catalogue = collect(Path(name), target)
        faults = list(faults_of(catalogue))
        if options["write"]:
            target.parent.mkdir(parents=True, exist_ok=True)
            catalogue.save(str(target))
            self.stdout.write(f"{target}: {len(faults)} to translate or mend")
        elif faults:
            raise CommandError("\n".join([*faults, "Run `make messages`, then translate in locale/."]))


def collect(stage: Path, target: Path) -> polib.POFile:
    """The catalogue as it should be: every string of today, with the translations that `target` has.

    Django's command writes into the first `locale` folder beside the code; so it is shown a stage with links to the code and
    a copy of the catalogue, and the clone stays as it is.
    """
    for room in settings.BASE_DIR.iterdir():
        if room.is_dir() and not room.name.startswith(".") and room.name not in _NOT_CODE:
            (stage / room.name).symlink_to(room)
    copy = stage / "locale" / CATALOGUE
    copy.parent.mkdir(parents=True)
    if target.exists():
        shutil.copyfile(target, copy)
    with override_settings(LOCALE_PATHS=[stage / "locale"]), contextlib.chdir(stage):
        quietly = {"no_location": True, "no_obsolete": True, "no_wrap": True, "verbosity": 0}
        call_command(_Collect(), locale=[_LANGUAGE], symlinks=True, **quietly)
    catalogue = polib.pofile(str(copy), wrapwidth=_WIDTH)
    catalogue.header, catalogue.metadata_is_fuzzy = "Hotline EP in Chinese.", False
    for name in ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team", "Report-Msgid-Bugs-To"):
        catalogue.metadata.pop(name, None)  # they would change with every collection
    catalogue.metadata |= {"Project-Id-Version": "hotline-ep", "Language": _LANGUAGE}
    return catalogue


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
