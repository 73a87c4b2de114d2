"""How the API is described."""

from drf_spectacular.openapi import AutoSchema

from notifications.domain.delivery import State
from notifications.domain.unanswered import Outcome

CALL_OUTCOMES = [outcome.value for outcome in Outcome]
DELIVERY_STATES = [state.value for state in State]


class Described(AutoSchema):
    """Names an address that answers with several things a list, though they come in an object beside what leads on."""

    def get_operation_id(self) -> str:
        name = super().get_operation_id()
        many = self.method == "GET" and not self.path.endswith("}")
        return f"{name.removesuffix('_retrieve')}_list" if many and name.endswith("_retrieve") else name
