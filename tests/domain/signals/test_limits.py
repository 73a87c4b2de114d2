"""A source's bucket: so much at once, so much a second, and a debt is made up before anything more is taken."""

from signals.domain.limits import Bucket


def test_a_burst_is_taken_and_a_debt_waited_for() -> None:
    bucket = Bucket.full(rate=100, burst=1000, now=0.0)
    assert bucket.wait(0.0) == 0
    bucket.spend(1200)  # one request may overdraw
    assert bucket.wait(0.0) == 2.01
    assert bucket.wait(1.0) > 0
    assert bucket.wait(2.5) == 0
    bucket.spend(50)
    assert bucket.wait(2.5) > 0


def test_it_never_holds_more_than_a_burst() -> None:
    bucket = Bucket.full(rate=100, burst=1000, now=0.0)
    bucket.wait(3600.0)
    assert bucket.level == 1000
