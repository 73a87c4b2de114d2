"""Try a plan on a file of history, beside another plan or the flat mean."""

from datetime import date, datetime, time, tzinfo
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from plans.domain import Plan, PlanErrors, load
from plans.fault_words import faults_said
from plans.selectors import current
from signals.domain.backtest import Backtest, backtest
from signals.domain.episodes import Warned, beside
from signals.domain.marks import Mark, Mean
from signals.domain.mutes import Muted, Where
from signals.domain.silence import Silent
from signals.management.commands.replay import hours_said
from signals.services.backtests import history_of
from signals.services.files import Unreadable, points_in


class Command(BaseCommand):
    help = "Say which warnings a plan would have given on a CSV file with a column `at`, when, how long and at which level."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--metric", required=True, help="the metric of the plan the values are")
        parser.add_argument("--column", default="", help="the column with the values; default: the second")
        parser.add_argument("--unit", help="their unit; default: the metric's own")
        parser.add_argument("--utc", action="store_true", help="times without a zone are UTC, not company time")
        for dimension in ("region", "hotline", "node"):
            parser.add_argument(f"--{dimension}", default="")
        parser.add_argument("--service-hours", help='when the series speaks, such as "mon-fri 07:00-21:05"')
        parser.add_argument("--plan", type=Path, help="the plan's file; default: the plan in force")
        parser.add_argument("--against", type=Path, help="another plan's file to set beside it")
        parser.add_argument("--flat", action="store_true", help="against the flat mean instead of the learnt one")
        parser.add_argument(
            "--beside-flat", action="store_true", help="set what the flat mean would have said beside the learnt one"
        )
        parser.add_argument("--judge-from", type=date.fromisoformat, help="what lies before is learnt from only")
        parser.add_argument(
            "--mute",
            nargs=2,
            type=datetime.fromisoformat,
            action="append",
            default=[],
            metavar=("FROM", "TO"),
            help="a maintenance window or silence over the series, as often as there were any; company time without a zone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        plan = _plan(options["plan"]) if options["plan"] else current()
        mean = Mean.FLAT if options["flat"] else Mean.LEARNT
        first = self._run(plan, mean, options)
        self._tell(plan, first)
        if options["against"]:
            other = _plan(options["against"])
            self._tell_beside(plan, first, self._run(other, mean, options), str(options["against"]))
        if options["beside_flat"]:
            self._tell_beside(plan, first, self._run(plan, Mean.FLAT, options), "the flat mean")

    def _run(self, plan: Plan, mean: Mean, options: dict[str, Any]) -> Backtest:
        if options["metric"] not in plan.metrics:
            raise CommandError(f"The plan has no metric {options['metric']}; it has: {', '.join(plan.metrics)}.")
        key = (options["metric"], options["region"], options["hotline"], options["node"])
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as file:
                points = points_in(
                    file,
                    plan.metric(options["metric"]),
                    zone=plan.zone,
                    column=options["column"],
                    unit=options["unit"],
                    utc=options["utc"],
                )
        except Unreadable as error:
            raise CommandError(str(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        if not points:
            raise CommandError(f"{options['file']} has no samples.")
        begin = options["judge_from"] and datetime.combine(options["judge_from"], time(0), plan.zone)
        history = history_of(points, plan, key, hours_said(options["service_hours"]))
        mutes = [
            Muted(Where(*key), _in_zone(since, plan.zone), _in_zone(until, plan.zone), number)
            for number, (since, until) in enumerate(options["mute"], start=1)
        ]
        return backtest(plan, [history], mean=mean, judged_from=begin, mutes=mutes)

    def _tell(self, plan: Plan, found: Backtest) -> None:
        self.stdout.write(
            f"{found.samples} samples, {found.mean} mean: {len(found.warnings)} warnings, {len(found.marks)} watches,"
            f" {len(found.held)} held back, {len(found.flapping)} flapping, {len(found.silences)} times no data."
        )
        for warned in found.warnings:
            self.stdout.write(_line(plan, warned))
        for mark in found.held:
            self.stdout.write(_marked(plan, mark, f"held back by mute {mark.mute}"))
        for mark in found.flapping:
            self.stdout.write(_marked(plan, mark, "flapping, said once"))
        for silent in found.silences:
            self.stdout.write(_silent(plan, silent))
        for taught in found.taught:
            days = ", ".join(f"{count} by {rested}" for rested, count in taught.rested.items())
            left = ", ".join(str(date.fromordinal(day)) for day, _why in taught.left_out) or "none"
            self.stdout.write(f"{'/'.join(filter(None, taught.key))}: days expected {days}; days left out: {left}")

    def _tell_beside(self, plan: Plan, first: Backtest, second: Backtest, name: str) -> None:
        apart = beside(first.warnings, second.warnings)
        self.stdout.write(
            f"\nBeside {name}: {len(second.warnings)} warnings; {len(apart.both)} in both,"
            f" {len(apart.only_first)} only before, {len(apart.only_second)} only by {name}."
        )
        for sign, rows in (("-", apart.only_first), ("+", apart.only_second)):
            for warned in rows:
                self.stdout.write(f"{sign} {_line(plan, warned)}")
        for one, other in apart.both:
            if one.level != other.level:
                self.stdout.write(f"≠ {_line(plan, one)}; there: level {other.level or '—'}")


def _plan(file: Path) -> Plan:
    try:
        return load(file.read_text(encoding="utf-8"), file.name)
    except PlanErrors as faulty:
        raise CommandError(f"{file} has {len(faulty.errors)} faults:\n{faults_said(faulty)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None


def _in_zone(at: datetime, zone: tzinfo) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _lasted(since: datetime, until: datetime | None) -> str:
    return "still open" if until is None else f"{(until - since).total_seconds() / 60:.0f} min"


def _marked(plan: Plan, mark: Mark, why: str) -> str:
    opened = mark.opened.astimezone(plan.zone)
    said = f"spoke {mark.spoke.astimezone(plan.zone):%H:%M}" if mark.spoke else "never spoke"
    return f"{opened:%a %Y-%m-%d %H:%M}  {mark.threshold:28} {_lasted(mark.opened, mark.cleared):>10}  {why}, {said}"


def _silent(plan: Plan, row: Silent) -> str:
    since, noticed = (at.astimezone(plan.zone) for at in (row.since, row.noticed))
    lasted = _lasted(row.since, row.heard)
    return f"{since:%a %Y-%m-%d %H:%M}  {'no data':28} {lasted:>10}  noticed {noticed:%H:%M}"


def _line(plan: Plan, warned: Warned) -> str:
    opened = warned.opened.astimezone(plan.zone)
    lasted = _lasted(warned.opened, warned.ended)
    measure = plan.threshold(warned.threshold).measure
    peak = f"{warned.peak:g}" if measure == "value" else f"{warned.peak:+.0%}"
    return (
        f"{opened:%a %Y-%m-%d %H:%M}  {warned.threshold:28} {lasted:>10}  peak {peak:>6}  level {warned.level or '—'}"
    )
