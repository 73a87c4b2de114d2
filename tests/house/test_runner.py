"""What the suite relies on of its own runner."""

import pytest


@pytest.mark.xdist_group("up")
def test_tests_of_one_group_are_kept_together(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> None:
    """Two first starts of the whole product at once take two cores longer than any test waits for one."""
    if hasattr(pytestconfig, "workerinput"):
        assert request.node.nodeid.endswith("@up")
