"""Both aliases are one database seen through two roles: the owner's makes tables, the application's uses them."""

from typing import Any


class OneDatabase:
    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
