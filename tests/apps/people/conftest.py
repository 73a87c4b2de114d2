"""The few people these tests are about."""

import pytest
from rest_framework.test import APIClient

from common.actor import SYSTEM
from people import directory, services
from people.models import User

PASSWORD = "a long practice password"


def made(username: str, *roles: str, name: str = "", language: str = "en") -> User:
    user = services.user_create(
        username=username, display_name=name or username.title(), password=PASSWORD, language=language, by=SYSTEM
    )
    for role in roles:
        services.role_assign(user=user, role=role, by=SYSTEM)
    return user


@pytest.fixture
def lin(db: None) -> User:
    return made("lin", "duty_manager")


@pytest.fixture
def warden(db: None) -> User:
    """The security administrator."""
    return made("warden", "security_admin")


@pytest.fixture
def outsider(db: None) -> User:
    return made("outsider")


@pytest.fixture
def east(db: None):
    return directory.region_set(key="east", name_zh="华东", name_en="East", by=SYSTEM)


@pytest.fixture
def technical(db: None):
    return directory.group_set(key="technical", name_zh="技术处置组", name_en="Technical response group", by=SYSTEM)


@pytest.fixture
def api():
    """`api(user)` is a program that carries the user's token."""

    def client(user: User, **headers: str) -> APIClient:
        from people.selectors import actor_of

        secret = services.token_issue(user=user, name="test", by=actor_of(user))
        return APIClient(headers={"Authorization": f"Bearer {secret}", **headers})

    return client
