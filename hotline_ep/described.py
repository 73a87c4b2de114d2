"""How the API is described."""

from drf_spectacular.openapi import AutoSchema

from notifications.domain.delivery import CHATS, Channel, State
from notifications.domain.unanswered import Outcome
from people.domain.roster import Why
from plans.domain.untriggered import WhyNot

CALL_OUTCOMES = [outcome.value for outcome in Outcome]
CHANNELS = [(channel.value, channel.value) for channel in Channel]
CHAT_CHANNELS = sorted(CHATS)
DELIVERY_STATES = [state.value for state in State]
LANGUAGES = ["zh-hans", "en"]
ON_DUTY_BY = [why.value for why in Why]
NEVER_OWED = [why.value for why in WhyNot]


class Described(AutoSchema):
    """Names an address that answers with several things a list, though they come in an object beside what leads on."""

    def get_operation_id(self) -> str:
        name = super().get_operation_id()
        many = self.method == "GET" and not self.path.endswith("}")
        return f"{name.removesuffix('_retrieve')}_list" if many and name.endswith("_retrieve") else name
