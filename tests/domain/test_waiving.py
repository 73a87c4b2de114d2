import pytest

from escalation.domain.waiving import waivers


@pytest.mark.parametrize(
    ("case", "owed_by", "may"),
    [
        ("what a department owes", ["tech_lead"], {"hq_member", "hq_commander", "executive"}),
        ("what a member of headquarters owes", ["hq_member"], {"hq_commander", "executive"}),
        ("what its leader owes", ["hq_commander"], {"executive"}),
        ("what the office and headquarters owe together", ["hq_member", "hq_commander"], {"executive"}),
        ("what top management owes", ["executive"], set()),
        ("what the product itself owes", [""], {"hq_member", "hq_commander", "executive"}),
    ],
)
def test_a_waiver_comes_from_above_all_who_owe_it(case: str, owed_by: list[str], may: set[str]) -> None:
    assert set(waivers(owed_by)) == may
