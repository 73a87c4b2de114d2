"""`manage.py first_account USERNAME`: the security administrator, who then makes every other account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from common.actor import SYSTEM
from common.errors import HotlineError
from hotline_ep.practice.founding import password
from people import selectors, services


class Command(BaseCommand):
    help = "Make the first account of a company of one's own; refuses once anybody is security administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="as it is shown to others; default: the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        if selectors.holders("security_admin"):
            raise CommandError("Somebody is security administrator already; they make accounts at /people/accounts/.")
        username, word = options["username"], password()
        try:
            with transaction.atomic():
                user = services.user_create(
                    username=username, display_name=options["name"] or username, by=SYSTEM, password=word
                )
                services.role_assign(user=user, role="security_admin", by=SYSTEM)
        except HotlineError as error:
            raise CommandError(error.sentence()) from error
        self.stdout.write(f"{username}  {word}\nSign in, change the password, and set up two-factor sign-in.")
