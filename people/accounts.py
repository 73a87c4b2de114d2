"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class NobodySignsUp(DefaultAccountAdapter):
    """Accounts are made by the security administrator, never by their owner."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_user_search_fields(self) -> list[str]:
        return ["username", "display_name"]

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """User names are given, not made up."""
