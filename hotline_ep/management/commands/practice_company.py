"""Set up the practice company; what is there is left as it is."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hotline_ep.embedded.private_files import read_private, write_private
from hotline_ep.practice import duties, founding, history, ledger

WEEKS = 4


class Command(BaseCommand):
    help = (
        "Found the practice company: people, places, signal sources, weeks of history. Changes nothing that is there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--access-file", required=True, type=Path, help="accounts and tokens, kept with mode 600")
        parser.add_argument("--weeks", type=int, default=WEEKS, help="weeks of history before now (default 4)")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["access_file"]
        access = read_private(path) if path.exists() else {}
        known = {row["username"]: row["password"] for row in access.get("accounts", [])}
        founding.places_found()
        accounts = founding.people_found(known, self._say)
        access["accounts"] = [account.as_dict() for account in accounts]
        access["api_tokens"] = founding.tokens_found(access.get("api_tokens", {}))
        first = next(iter(founding.SOURCES))
        handed_out = {first: access.get("source_token", "")} | access.get("source_tokens", {})
        access["source_tokens"] = founding.sources_found(handed_out)
        access["source_token"] = access["source_tokens"][first]
        write_private(path, access)
        self._say(f"{len(accounts)} people in {len(access['api_tokens'])} roles")
        items = ledger.ledger_found()
        self._say(f"{items} items of equipment" if items else "equipment is there")
        stood = duties.roster_found()
        self._say(f"{stood} duties with their rosters" if stood else "the duty roster is there")
        written = history.history_found(weeks=options["weeks"])
        self._say(f"{written} samples of history" if written else "history is there")

    def _say(self, text: str) -> None:
        self.stdout.write(f"  {text}")
