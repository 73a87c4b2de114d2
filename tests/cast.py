"""The people of every test, named once: the practice company, and an outsider who may do nothing."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.crypto import get_random_string
from rest_framework.test import APIClient

from common.actor import SYSTEM, Actor
from common.clock import wall
from common.ids import token, token_digest
from hotline_ep.practice import founding
from people import selectors, services
from people.models import ApiToken, User
from plans.models import PlanVersion
from plans.services import SHIPPED, plan_load

# How the flows call them.
DUTY, SUPERVISOR, GM, DEPUTY_GM, TECH, IT, EXECUTIVE, LEGAL, AUDITOR, ADMIN = (
    "lin", "su", "chen", "zhao", "gao", "he", "exec", "wen", "audit", "admin",
)  # fmt: skip
CENTRE = "mo"  # the regional operations centre of the east
OUTSIDER = "outsider"


@dataclass
class Cast:
    """Everybody of the practice company, by username; the default plan is in force."""

    plan: PlanVersion
    tokens: dict[str, str] = field(default_factory=dict)

    def user(self, username: str) -> User:
        return selectors.user_by_name(username)

    def actor(self, username: str) -> Actor:
        return selectors.actor_of(self.user(username))

    def client(self, username: str, language: str = "en") -> Client:
        """A browser in which this person is signed in."""
        client = Client(headers={"accept-language": language})
        client.cookies[settings.SESSION_COOKIE_NAME] = signed_in(self.user(username))
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return client

    def api(self, username: str, language: str = "en") -> APIClient:
        """A program with this person's API token."""
        if username not in self.tokens:
            self.tokens[username] = tokened(self.user(username))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[username]}", HTTP_ACCEPT_LANGUAGE=language)
        return client

    @cached_property
    def everyone(self) -> list[User]:
        return list(User.objects.order_by("pk"))


def signed_in(user: User) -> str:
    """The key of a session as signing in leaves it, by one statement instead of sixteen."""
    known = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    key = get_random_string(32)
    Session.objects.create(
        session_key=key, session_data=SessionStore().encode(known), expire_date=wall() + timedelta(hours=12)
    )
    return key


def tokened(user: User) -> str:
    """A token as taking one out leaves it; that this is in the log is the matter of tests that take one out."""
    secret = token("hep")
    ApiToken.objects.create(user=user, sha256=token_digest(secret), name="test")
    return secret


def assemble() -> Cast:
    """Found the company in the test's database."""
    founding.places_found()
    founding.people_found({}, lambda text: None)
    services.user_create(username=OUTSIDER, display_name="Outsider", by=SYSTEM, password="a-long-password-1")
    return Cast(plan=plan_shipped())


def plan_shipped() -> PlanVersion:
    """The plan that ships, put into force."""
    return plan_load(text=SHIPPED.read_text(encoding="utf-8"), file=SHIPPED.name, by=SYSTEM, shipped=True)


def standing_cast() -> Cast:
    """The company as it stands in this database; founded where it does not."""
    plan = PlanVersion.objects.filter(status=PlanVersion.Status.IN_FORCE).first()
    return assemble() if plan is None else Cast(plan=plan)
