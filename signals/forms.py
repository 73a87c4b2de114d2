"""Forms of the sources of signals. A mapping is written line by line, as people write such lists."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import HotlineError
from signals.domain.history import WORDS
from signals.domain.mapping import AlertRule, SourceMapping, To
from signals.services.testfire import LONGEST

GRACES = (
    ("60", _("for one hour")),
    ("1440", _("for one day")),
    ("10080", _("for seven days")),
    ("0", _("not at all: it leaked")),
)


class SourceForm(forms.Form):
    key = forms.SlugField(label=_("Key"), max_length=40, help_text=_("Letters, digits and dashes; it stays for good."))
    name = forms.CharField(label=_("Name of the source"), max_length=80)


class RotateForm(forms.Form):
    grace = forms.ChoiceField(label=_("The old token opens too"), choices=GRACES)

    def wanted(self) -> timedelta:
        return timedelta(minutes=int(self.cleaned_data["grace"]))


def _lines(label: Any, help_text: Any, rows: int = 5) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=20_000, help_text=help_text, widget=widget)


def _labels(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=400, help_text=_("The first that says something counts.")
    )


class MappingForm(forms.Form):
    metrics = _lines(_("Metrics"), _("A line each, such as: acd_queue_minutes = queue_time_mean min"))
    regions = _labels(_("Labels with the region"))
    hotlines = _labels(_("Labels with the hotline"))
    nodes = _labels(_("Labels with the node"))
    hints = forms.CharField(
        label=_("Labels with a machine"),
        required=False,
        max_length=400,
        help_text=_("They count only where they name a node of ours, and where no label above says a place."),
    )
    places = _lines(_("Places"), _("What a label says, and the key of the place, such as: 10.0.0.3:9100 = sw-3"))
    alerts = _lines(
        _("Alerts"),
        _(
            "A line each, such as: alertname=NodeDown -> availability firing=0 resolved=100. Without firing= the alert's own value counts."
        ),
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, mapping: SourceMapping, version: int) -> "MappingForm":
        return cls(
            initial={
                "metrics": "\n".join(f"{name} = {_to(to)}" for name, to in mapping.metrics.items()),
                "places": "\n".join(f"{said} = {key}" for said, key in mapping.places.items()),
                "alerts": "\n".join(map(_rule, mapping.alerts)),
                "based_on": version,
                **{name: ", ".join(getattr(mapping, name)) for name in ("regions", "hotlines", "nodes", "hints")},
            }
        )

    def clean_metrics(self) -> dict[str, To]:
        return {name: self._read_to(words, number) for number, name, words in self._pairs("metrics")}

    def clean_places(self) -> dict[str, str]:
        return {said: key for _number, said, key in self._pairs("places")}

    def clean_alerts(self) -> tuple[AlertRule, ...]:
        return tuple(self._read_rule(line, number) for number, line in self._each("alerts"))

    def clean_regions(self) -> tuple[str, ...]:
        return _words(self.cleaned_data["regions"])

    def clean_hotlines(self) -> tuple[str, ...]:
        return _words(self.cleaned_data["hotlines"])

    def clean_nodes(self) -> tuple[str, ...]:
        return _words(self.cleaned_data["nodes"])

    def clean_hints(self) -> tuple[str, ...]:
        return _words(self.cleaned_data["hints"])

    def mapping(self) -> SourceMapping:
        return SourceMapping(**{name: self.cleaned_data[name] for name in SourceMapping.__struct_fields__})

    def refused(self, error: HotlineError) -> None:
        """Put each rule that cannot work beside the list it stands in."""
        for row in error.errors or [{"field": "", "message": error.sentence()}]:
            name, _dot, rule = str(row.get("field", "")).partition(".")
            field = name if name in self.fields else None
            where = str(int(rule) + 1) if name == "alerts" and rule.isdigit() else rule
            self.add_error(field, f"{where}: {row['message']}" if where else str(row["message"]))

    def _each(self, field: str) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self.cleaned_data[field].splitlines(), 1):
            if line.strip():
                yield number, line.strip()

    def _pairs(self, field: str) -> Iterator[tuple[int, str, str]]:
        seen: set[str] = set()
        for number, line in self._each(field):
            name, sign, words = (part.strip() for part in line.partition("="))
            if not (name and sign and words):
                raise forms.ValidationError(_("Line %(n)s: write it as name = word."), params={"n": number})
            if name in seen:
                raise forms.ValidationError(
                    _("Line %(n)s: %(name)s stands there twice."), params={"n": number, "name": name}
                )
            seen.add(name)
            yield number, name, words

    def _read_to(self, words: str, number: int) -> To:
        metric, _space, unit = words.partition(" ")
        return To(metric, unit.strip() or None)

    def _read_rule(self, line: str, number: int) -> AlertRule:
        wrong = forms.ValidationError(
            _("Line %(n)s: write it as alertname=NodeDown -> availability firing=0 resolved=100."), params={"n": number}
        )
        left, arrow, right = line.partition("->")
        try:
            match, said = dict(_pair(word) for word in shlex.split(left)), shlex.split(right)
            options = dict(_pair(word) for word in said[1:])
            if not arrow or not said or options.keys() - {"firing", "resolved", "unit"}:
                raise wrong
            values = {name: float(options[name]) for name in ("firing", "resolved") if name in options}
        except ValueError:
            raise wrong from None
        return AlertRule(match=match, metric=said[0], unit=options.get("unit"), **values)


def _pair(word: str) -> tuple[str, str]:
    """Raises ValueError for what is no name=value."""
    name, sign, value = word.partition("=")
    if not (name and sign and value):
        raise ValueError(word)
    return name, value


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").replace("，", " ").split() if word)


def _to(to: To) -> str:
    return to.metric if to.unit is None else f"{to.metric} {to.unit}"


def _rule(rule: AlertRule) -> str:
    left = " ".join(shlex.quote(f"{name}={value}") for name, value in rule.match.items())
    options: Mapping[str, Any] = {"firing": rule.firing, "resolved": rule.resolved, "unit": rule.unit}
    said = [
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in options.items()
        if value is not None
    ]
    return f"{left} -> {' '.join([rule.metric, *said])}"


class TestFireForm(forms.Form):
    __test__ = False

    kind = forms.ChoiceField(
        label=_("Written as"),
        choices=(
            ("samples", _("our own JSON")),
            ("prometheus", _("a line of Prometheus")),
            ("alertmanager", _("a message of Alertmanager")),
            ("zabbix", _("a message of Zabbix")),
        ),
    )
    text = forms.CharField(
        label=_("One sample"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text=_('Such as complaints{region="east"} 42, which is a line of Prometheus.'),
    )


class HistoryForm(forms.Form):
    file = forms.FileField(
        label=_("Table (.csv)"),
        help_text=_("Columns at, value, metric, unit, region, hotline, node; at most 200,000 lines and 16 MB."),
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
    )
    metric = forms.CharField(
        label=_("Metric"), required=False, max_length=64, help_text=_("For lines without one of their own.")
    )
    unit = forms.CharField(label=_("Unit"), required=False, max_length=20)
    region = forms.CharField(label=_("Region"), required=False, max_length=40)
    hotline = forms.CharField(label=_("Hotline"), required=False, max_length=40)
    node = forms.CharField(label=_("Node"), required=False, max_length=40)
    zone = forms.ChoiceField(
        label=_("Times without a zone"),
        choices=(("company", _("are company time")), ("utc", _("are UTC")), ("", _("are refused"))),
        required=False,
        initial="company",
    )

    def defaults(self) -> dict[str, str]:
        return {word: self.cleaned_data[word] for word in WORDS if self.cleaned_data[word]}
