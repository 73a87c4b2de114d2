"""The first account of a company of one's own."""

import io

import pytest
from django.core.management import CommandError, call_command

from people.models import User
from people.selectors import holders


@pytest.mark.django_db
def test_it_makes_a_security_administrator_who_can_sign_in() -> None:
    out = io.StringIO()
    call_command("first_account", "guard", stdout=out)
    (user,) = holders("security_admin")
    assert user.username == "guard"
    assert user.check_password(out.getvalue().split()[1])


@pytest.mark.django_db
def test_it_makes_no_second_one() -> None:
    call_command("first_account", "guard", stdout=io.StringIO())
    with pytest.raises(CommandError, match="already"):
        call_command("first_account", "another", stdout=io.StringIO())
    assert not User.objects.filter(username="another").exists()
