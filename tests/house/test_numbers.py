"""A number of the environment that cannot be read stops the start with its name, and no settings with a traceback."""

import pytest

from hotline_ep import numbers
from hotline_ep.checks import numbers_are_read


@pytest.mark.parametrize(
    ("case", "name", "said", "read"),
    [
        ("unset", "HOTLINE_EVIDENCE_FILE_MB", "", 20),
        ("as it should be", "HOTLINE_EVIDENCE_FILE_MB", " 40 ", 40),
        ("a unit", "HOTLINE_EVIDENCE_FILE_MB", "20MB", None),
        ("a fraction of what is whole", "HOTLINE_KEEP_SAMPLES_DAYS", "400.5", None),
        ("nothing at all", "HOTLINE_POOL", "0", None),
        ("less than nothing", "HOTLINE_EVIDENCE_TOTAL_MB", "-5", None),
        ("too much", "HOTLINE_KEEP_HOURS_DAYS", "99999999", None),
        ("endless", "HOTLINE_SOURCE_BURST", "inf", None),
        ("no number", "HOTLINE_SOURCE_SAMPLES_A_SECOND", "nan", None),
        ("a fraction", "HOTLINE_SOURCE_SAMPLES_A_SECOND", "0.5", 0.5),
    ],
)
def test_what_is_refused_is_named_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, case: str, name: str, said: str, read: float | None
) -> None:
    monkeypatch.setenv(name, said)
    wanted = numbers.NUMBERS[name]
    expected = wanted.usual if read is None else read
    assert (numbers.whole if wanted.whole else numbers.measure)(name) == expected
    found = [(row.id, row.hint) for row in numbers_are_read()]
    assert found == ([(f"hotline.{name}", wanted.expected)] if read is None else [])
    assert "from " in wanted.expected
