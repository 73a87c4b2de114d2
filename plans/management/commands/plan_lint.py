"""`manage.py plan_lint FILE`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.domain import Finding, PlanErrors, Standing, admit, lint
from plans.fault_words import faults_said


class Command(BaseCommand):
    help = "Say where a plan file contradicts itself, says too little or cannot be kept; exit status 1 while something is open."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the plan to look at")
        parser.add_argument("--all", action="store_true", help="also what a ruling answers")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
        try:
            report = lint(admit(text, path.name))
        except PlanErrors as faulty:
            raise CommandError(faults_said(faulty)) from faulty
        for finding in report.findings if options["all"] else report.open:
            self.stdout.write(told(finding))
        for ruling in report.idle:
            self.stdout.write(f"ruling {ruling.id}: answers nothing that is still found")
        ruled = len(report.findings) - len(report.open)
        self.stdout.write(f"{len(report.open)} open, {ruled} ruled on, {len(report.noted)} noted by hand")
        if report.open:
            raise CommandError("There are open findings; rule on them or change the plan.")


def told(finding: Finding) -> str:
    standing = {
        Standing.OPEN: "open",
        Standing.CHANGED: f"changed since ruling {finding.ruling.id if finding.ruling else ''}",
        Standing.RULED: f"ruling {finding.ruling.id if finding.ruling else ''}",
    }[finding.standing]
    return "\n".join([
        f"{', '.join(finding.clauses)} · {finding.title.en} ({standing})",
        f"  {finding.said.en}",
        f"  e.g. {finding.example.en}",
        f"  suggested: {finding.suggestion.en}",
        f"  answers: [{finding.answer}]",
    ])  # fmt: skip
