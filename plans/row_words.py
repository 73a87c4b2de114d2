"""What the rows of a plan hold, in the reader's words: titles for keys, units behind figures, no word of the file's own language."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from people.selectors import ROLES
from plans.domain import Kind, Plan, Span, Text, kind_of, units
from plans.domain.lint.findings import named
from plans.domain.lint.sentences import SENTENCES
from plans.domain.lint.spoken import tests_text
from plans.domain.vocabulary import SEEN_FACTS
from plans.moment_words import moment_said
from plans.row_fields import field_name
from plans.templatetags.plan_words import spoken_span

SPANS: Final = frozenset({
    "sustained_for", "window", "expected_every", "due", "offset_before", "within", "takes", "lasts", "remind_before", "escalate_every",
    "after",
})  # fmt: skip
# A field whose words are keys → the sections of the plan that name them.
SECTIONS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("owners", "roles", "role", "superior", "led_by", "declared_by", "under", "supplied_by"), ("roles",)),
    **dict.fromkeys(("lead", "support", "department"), ("departments",)),
    **dict.fromkeys(("metric", "out_of"), ("metrics",)),
    **dict.fromkeys(("needs", "approves"), ("obligations",)),
    **dict.fromkeys(("level", "levels"), ("levels",)),
    "group": ("groups",), "chats": ("groups", "roles"), "thresholds": ("thresholds",),
    "fact": ("facts", "metrics"), "evidence": ("evidence",), "proves": ("evidence",),
}  # fmt: skip
MOMENTS_IN: Final = frozenset({"anchors", "until", "measured_from", "unless_after", "moment"})
CHANNELS: Final[dict[str, str | Promise]] = {
    "inapp": gettext_lazy("In the product"), "push": gettext_lazy("Notification"), "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "voice": gettext_lazy("Voice call"), "chat": gettext_lazy("group chats"), "wecom": gettext_lazy("WeCom chat"),
    "dingtalk": gettext_lazy("DingTalk chat"), "feishu": gettext_lazy("Feishu chat"), "webhook": gettext_lazy("Webhook"),
    "platform": gettext_lazy("our own pages"), "website": gettext_lazy("the website"), "weibo": gettext_lazy("Weibo"),
    "partner_popup": gettext_lazy("partners' pop-up"), "video": gettext_lazy("video"),
}  # fmt: skip
# A field that holds one of a few words of the file → those words.
WORDS_OF: Final[Mapping[str, Mapping[str, str | Promise]]] = {
    **dict.fromkeys(("channels", "all_clear"), CHANNELS),
    "direction": {"above": gettext_lazy("crossed upwards"), "below": gettext_lazy("crossed downwards")},
    "measure": {
        "value": gettext_lazy("as it is"), "excess": gettext_lazy("over its daily mean"), "share": gettext_lazy("as a share of the whole"),
    },
    "purpose": {
        "pre_response": gettext_lazy("a pre-response"), "level": pgettext_lazy("purpose of a threshold", "a level"),
        "major": gettext_lazy("a major fault"), "target": gettext_lazy("a target"), "outage": gettext_lazy("an outage"),
    },
    "applies_to": {
        "all": gettext_lazy("every fault"), "major": gettext_lazy("major faults"), "ordinary": gettext_lazy("ordinary faults"),
    },
    "worse": {"up": gettext_lazy("when it rises"), "down": gettext_lazy("when it falls"), "none": gettext_lazy("neither way")},
    "op": dict(units.SIGNS),
}  # fmt: skip
Value = Any


def value_said(section: str, key: str, field: str, value: Value, plan: Plan) -> str:
    """What a field of a row holds; `plan` is the one it stands in."""
    special = SPECIAL.get((section, field))
    if special is not None and value is not None:
        return special(plan, key, value)
    return _said(field, value, plan)


def language() -> str:
    return get_language() or "zh-hans"


def _read(text: Text) -> str:
    return text.in_language(language())


# --- figures, rules and answers, which only their row explains ----------------------------------------------------------
def _of_line(plan: Plan, key: str, value: Value) -> str:
    line = plan.thresholds[key]
    return _read(units.said(plan.metrics[line.metric].unit if line.measure == "value" else "ratio", value))


def _of_part(plan: Plan, key: str, value: Value) -> str:
    part = plan.bci[key]
    return _read(units.said("ratio" if part.measure == "excess" else plan.metrics[part.metric].unit, value))


def _of_condition(section: str) -> Callable[[Plan, str, Value], str]:
    def said(plan: Plan, key: str, value: Value) -> str:
        row = getattr(plan, section)[key]
        kind = kind_of(plan, row)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if kind is Kind.RECORDED:
            return _read(plan.facts[row.fact].shown(value))
        if isinstance(value, str):
            return value
        unit = plan.metrics[row.fact].unit if kind is Kind.MEASURED else "ratio" if kind is Kind.OF_MEAN else None
        return _read(units.said(unit or SEEN_FACTS.get(row.fact), value))

    return said


def _of_fact(plan: Plan, key: str, value: Value) -> str:
    """Marks or ends of a number; an open end stands as a dash."""
    return " – ".join("…" if one is None else _read(plan.facts[key].shown(one)) for one in value)


def _of_metric(plan: Plan, key: str, value: Value) -> str:
    return " – ".join(_read(units.said(plan.metrics[key].unit, one)) for one in value)


def _when(section: str) -> Callable[[Plan, str, Value], str]:
    return lambda plan, key, value: _read(tests_text(plan, getattr(plan, section)[key]))


def _answers(plan: Plan, key: str, value: Value) -> str:
    """Which findings a ruling answers: what each is called, and the rows it is about."""
    said = []
    for answer in value:
        kind = SENTENCES.get(answer["kind"])
        rows = (_read(named(plan, path)) for path in answer["of"])
        said.append(f"{_read(kind.title) if kind else answer['kind']}: {' · '.join(dict.fromkeys(rows))}")
    return "; ".join(said)


SPECIAL: Final[Mapping[tuple[str, str], Callable[[Plan, str, Value], str]]] = {
    ("thresholds", "value"): _of_line,
    ("thresholds", "clear_at"): _of_line,
    ("bci", "best"): _of_part,
    ("bci", "worst"): _of_part,
    ("lifting", "value"): _of_condition("lifting"),
    ("ending", "value"): _of_condition("ending"),
    ("facts", "steps"): _of_fact,
    ("facts", "range"): _of_fact,
    ("metrics", "range"): _of_metric,
    ("level_rules", "when"): _when("level_rules"),
    ("major_rules", "when"): _when("major_rules"),
    ("rulings", "answers"): _answers,
}


# --- everything else, by the name of its field --------------------------------------------------------------------------
def _said(field: str, value: Value, plan: Plan) -> str:
    if value is None or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float | int):
        return f"{value:g}"
    if isinstance(value, dict):
        return _parts(field, value, plan)
    if isinstance(value, list):
        mark = "; " if any(isinstance(own, dict) for own in value) else " · "
        return mark.join(_said(field, own, plan) for own in value)
    return _word(field, str(value), plan)


def _parts(field: str, value: dict[str, Any], plan: Plan) -> str:
    if value.keys() == {"zh", "en"}:
        return str(value["zh" if language().startswith("zh") else "en"])
    if field == "near":
        return " · ".join(f"{field_name(f'near_{key}')} {share * 100:g} %" for key, share in value.items())
    if field in ("elements", "values", "units"):  # names given by the file itself: what they are called is enough
        return " · ".join(_said(field, own, plan) for own in value.values())
    if field == "supplied_by":
        return " · ".join(_said(field, own, plan) for own in value.values())
    shown = {name: own for name, own in value.items() if own not in (None, [], {}, False)}
    return ", ".join(f"{field_name(name)}: {_said(name, own, plan)}" for name, own in shown.items())


def _word(field: str, word: str, plan: Plan) -> str:
    if field in SPANS:
        return spoken_span(Span.parse(word).iso)
    if field in WORDS_OF:
        return str(WORDS_OF[field].get(word, word))
    if field == "acts_as":
        return str(ROLES.get(word, word))
    for section in SECTIONS_OF.get(field, ()):
        rows = getattr(plan, section)
        if word in rows:
            return _read(rows[word] if isinstance(rows[word], Text) else named(plan, f"{section}.{word}"))
    if field in MOMENTS_IN or field in ("evidence", "proves"):
        return str(moment_said(word, {key: _read(level.title) for key, level in plan.levels.items()}))
    return word
