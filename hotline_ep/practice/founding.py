"""Founding the practice company. What is there is left as it is: doing it again changes nothing."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from common.actor import SYSTEM
from common.ids import token_digest
from engine import worlds
from hotline_ep.practice import company
from people import directory
from people import services as people
from people.models import Contact, Department, Region, RoleHolding, User, WorkGroup
from signals import selectors as signals
from signals.services import sources

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
CHAT, MEETING = "https://chat.practice.example/{key}", "https://meet.practice.example/{key}"


@dataclass(frozen=True, slots=True)
class Account:
    role: str
    username: str
    password: str

    def as_dict(self) -> dict[str, str]:
        return {"role": self.role, "username": self.username, "password": self.password}


def password() -> str:
    """Four groups of four: easy to read from a terminal, 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


@transaction.atomic
def places_found() -> None:
    """Departments, regions, hotlines, nodes and work groups."""
    departments = {
        key: directory.department_set(key=key, name_zh=zh, name_en=en, by=SYSTEM)
        for key, (zh, en) in company.DEPARTMENTS.items()
    }
    regions = {
        key: directory.region_set(key=key, name_zh=zh, name_en=en, by=SYSTEM)
        for key, (zh, en) in company.REGIONS.items()
    }
    for key, (zh, en, region) in company.HOTLINES.items():
        place = regions[region] if region else None
        directory.hotline_set(key=key, name_zh=zh, name_en=en, region=place, by=SYSTEM)
    for key, (zh, en, region, business, calls) in company.NODES.items():
        directory.node_set(
            key=key, name_zh=zh, name_en=en, region=regions[region], business=business, daily_calls=calls, by=SYSTEM
        )
    for key, (zh, en, lead) in company.GROUPS.items():
        directory.group_set(
            key=key,
            name_zh=zh,
            name_en=en,
            lead_department=departments[lead],
            chat_url=CHAT.format(key=key),
            meeting_url=MEETING.format(key=key),
            by=SYSTEM,
        )


def people_found(known: dict[str, str], tell: Callable[[str], None]) -> list[Account]:
    """Everyone, with an account each. `known` are passwords already handed out; whoever has none gets a new one."""
    accounts = []
    for number, person in enumerate(company.PEOPLE):
        word = known.get(person.username) or password()
        user = User.objects.filter(username=person.username).first()
        if user is None:
            # Hashed before the transaction begins: on a busy machine it takes longer than one may stand idle.
            user = _person_found(person, number, word, make_password(word))
        elif person.username not in known:
            user.set_password(word)
            user.save(update_fields=["password"])
            tell(f"{person.username}: new password, the old one was not kept")
        accounts.append(Account(person.roles[0], person.username, word))
    return accounts


@transaction.atomic
def _person_found(person: company.Person, number: int, word: str, hashed: str) -> User:
    user = people.user_create(
        username=person.username,
        display_name=person.name,
        by=SYSTEM,
        password=word,
        hashed=hashed,
        department=Department.objects.get(key=person.department),
    )
    group = WorkGroup.objects.get(key=person.seat[0]) if person.seat else None
    for role in person.roles:
        # A lead of a group leads that group only; technical roles act for the whole country.
        narrowed = group if role in ("group_lead", "group_member") else None
        region = Region.objects.get(key=person.region) if person.region else None
        people.role_assign(user=user, role=role, by=SYSTEM, group=narrowed, region=region)
    if group is not None and person.seat is not None:
        directory.group_member_set(group=group, user=user, role=person.seat[1], by=SYSTEM)
    people.contact_set(user=user, kind=Contact.Kind.PHONE, value=f"+86138000010{number:02}", by=SYSTEM)
    people.contact_set(user=user, kind=Contact.Kind.EMAIL, value=f"{person.username}@practice.example", by=SYSTEM)
    return user


def tokens_found(known: dict[str, str]) -> dict[str, str]:
    """One API token a role; those handed out before are kept."""
    tokens = dict(known)
    for role in dict.fromkeys(role for person in company.PEOPLE for role in person.roles):
        if role not in tokens:
            holding = RoleHolding.objects.filter(role=role, until=None, region=None).select_related("user").first()
            if holding is not None:
                tokens[role] = people.token_issue(user=holding.user, name="practice", by=SYSTEM)
    return tokens


# What sends readings, by key. The first is the one whose token stands by itself in the access file.
SOURCES = {
    "acd": "Practice call distributor: calls, queue, complaints",
    "monitoring": "Practice monitoring system: CPU, availability, hotlines",
}


def sources_found(known: dict[str, str]) -> dict[str, str]:
    """The practice company's own sources, with their tokens by key; a token handed out before is kept."""
    return {key: _source_found(key, name, known.get(key)) for key, name in SOURCES.items()}


def _source_found(key: str, name: str, known: str | None) -> str:
    source = signals.source_by_key(key)
    if source is not None and known and source.token_sha256 == token_digest(known):
        return known
    if source is not None:
        return sources.source_token_rotate(key=key, by=SYSTEM)
    return sources.source_create(key=key, name=name, world=worlds.real(), by=SYSTEM)
