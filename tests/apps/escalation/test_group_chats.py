"""Which group chats hear what follows from an incident: those the tier's words mean, of those the tier names (3.2, 5.1, 5.3)."""

import pytest

from common.actor import SYSTEM
from engine import worlds
from escalation.services import warnings
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from notifications.models import Delivery
from plans.domain import PlanErrors, load
from plans.services import plan_load
from tests.cast import DUTY, Cast
from tests.domain.plans.given import broken

SAID = {"reach": "华东，约三成来电", "duration": "约两小时", "measures": "增派坐席，检查线路"}
BLUE = "roles: [department_heads, technical_response], channels: [platform, inapp, push, sms, voice], within: PT5M"
TO_THE_GROUP = broken(
    BLUE, BLUE.replace("voice]", "voice, wecom, feishu], chats: [technical_response, logistics_support]"), 1
)


@pytest.fixture(autouse=True)
def _chats(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        f"{owner}/{owner.replace('_', '-')}-{kind}={kind}+https://chats.example.org/{owner}/{kind}"
        for owner in ("hq", "technical_response", "logistics_support")
        for kind in ("wecom", "dingtalk")
    ]
    monkeypatch.setenv("HOTLINE_CHATS", " ".join(entries))


def reported(cast: Cast) -> str:
    report = ReportIn(noticed="排队变长", regions=["east"])
    return incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real()).number


def heard(kind: str) -> set[str]:
    return set(Delivery.objects.filter(message__kind=kind, user=None).values_list("chat", flat=True))


@pytest.mark.parametrize(("major", "chats"), [(True, 6), (False, 0)])
def test_a_major_fault_goes_into_the_group_chats_and_an_ordinary_one_does_not(cast: Cast, major: bool, chats: int):
    number = reported(cast)
    incidents.incident_verify(number=number, outcome="confirmed", major=major, note="属实", by=cast.actor(DUTY))
    assert len(heard("tier.major" if major else "tier.ordinary")) == chats
    assert not Delivery.objects.filter(message__kind__startswith="level.", user=None).exists()


def test_who_was_warned_in_a_chat_hears_there_that_it_is_over(cast: Cast):
    plan_load(text=TO_THE_GROUP, file="chats.yaml", by=SYSTEM)
    number = reported(cast)
    warnings.warning_issue(number=number, colour="blue", by=cast.actor(DUTY), **SAID)
    assert heard("tier.warning_blue") == {"technical-response-wecom", "logistics-support-wecom"}
    incidents.incident_dismiss(number=number, reason="无需响应", false_alarm=False, by=cast.actor(DUTY))
    assert heard("all_clear") == heard("tier.warning_blue")


def test_a_plan_names_chats_by_roles_and_groups_it_has():
    with pytest.raises(PlanErrors, match="a group of this plan"):
        load(broken(BLUE, f"{BLUE}, chats: [nobody]", 1))
    with pytest.raises(PlanErrors, match="a known channel"):
        load(broken(BLUE, BLUE.replace("voice]", "slack]"), 1))
