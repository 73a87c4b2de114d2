"""What the record already knows of a proof somebody must give: a start to read, complete and correct, never a proof by itself."""

from collections.abc import Callable
from typing import Final

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from common.bilingual import in_language
from dashboard.templatetags.labels import value_text
from engine import worlds
from incidents.selectors import Incident, newest_handling_report, one_region
from people.selectors import names
from plans.domain import Plan
from signals.continuity import index_now

BLANK: Final = "＿＿＿"


def prefilled(evidence: str, incident: Incident, plan: Plan) -> str:
    """The text a proof's form begins with, in the language now active; empty where the record knows nothing to the point."""
    start = STARTS.get(evidence)
    return start(incident, plan) if start else ""


def _of_template(key: str) -> Callable[[Incident, Plan], str]:
    """A report of the plan (3.3), its elements filled from the record and the rest left blank."""

    def start(incident: Incident, plan: Plan) -> str:
        template = plan.templates.get(key)
        if template is None:
            return ""
        known = {**dict.fromkeys(template.elements, BLANK), **_known(incident)}
        return in_language(template.body.as_dict()).format(**{name: known[name] for name in template.elements})

    return start


def _known(incident: Incident) -> dict[str, str]:
    """The elements of reports that stand in the record."""
    places = names()["regions"]
    where = [in_language(places[key]) for key in incident.regions if key in places]
    report = newest_handling_report(incident)
    facts = {name: value_text(name, row["value"]) for name, row in incident.facts.items() if row["value"] is not None}
    said = {
        "time": timezone.localtime(incident.noticed_at or incident.known_at).strftime("%Y-%m-%d %H:%M"),
        "place": pgettext("between the items of a list", ", ").join(where),
        "reach": facts.get("reach") or (value_text("reach", incident.reach) if incident.reach else ""),
        "measures": report.measures.rstrip("。.") if report else "",
        "progress": report.situation.rstrip("。.") if report else "",
        "secondary_risk": facts.get("secondary_risk", ""),
    }
    return {name: text for name, text in said.items() if text}


def _of_readings(incident: Incident, plan: Plan) -> str:
    """The core indicators as the machines say them now."""
    index = index_now(incident.world_id, one_region(incident))
    known = [row for row in index["parts"] if row["value"] is not None]
    if not known:
        return ""
    at = timezone.localtime(worlds.now(incident.world_id)).strftime("%Y-%m-%d %H:%M")
    english = (get_language() or "").startswith("en")
    figures = [f"{row['title']['en' if english else 'zh']} {_figure(row['key'], row['value'])}" for row in known]
    listed = pgettext("between the items of a list", ", ").join(figures)
    return _("%(at)s: %(figures)s.") % {"at": at, "figures": listed}


def _figure(key: str, value: float) -> str:
    if key == "queue_time_mean":
        return _("%(n)s s") % {"n": f"{value:.0f}"}
    return f"{value * 100:+.0f} %" if key == "complaints_excess" else f"{value:.1f} %"


STARTS: Final[dict[str, Callable[[Incident, Plan], str]]] = {
    "authority_first_report": _of_template("first_report"),
    "authority_cause_report": _of_template("cause_report"),
    "monitoring_record": _of_readings,
    "recovery_log": _of_readings,
    "warning_data": _of_readings,
}
