"""Who hears of the product's own alarms."""

from common.clock import wall
from engine.alarms import alarm_raise
from notifications.models import Delivery, Message
from tests.apps.people.test_deputies import GUARD, HR, away
from tests.cast import IT, OUTSIDER, TECH, Cast
from watchdog.services.telling import alarms_tell
from watchdog.services.windows import sight


def test_whoever_can_fill_a_role_hears_that_nobody_answers_for_it_and_a_deputy_hears_for_who_is_away(
    cast: Cast,
) -> None:
    away(cast, IT, TECH)
    alarm_raise("role.unheld", "legal", n=1)
    alarm_raise("role.away", "pr", n=1)
    alarm_raise("queue.set_aside", "timers:x:1", error="E")
    sight()
    alarms_tell(wall())
    told = {}
    for message in Message.objects.filter(kind="operations.alarms"):
        to = {row.user.username for row in Delivery.objects.filter(message=message).select_related("user") if row.user}
        told[message.key.partition(":")[2].partition(":")[2]] = (message.body["en"].count("\n") + 1, to)
    operators, assigning, keeping = told[""], told["role.unheld"], told["role.away"]
    assert operators[0] == 3
    assert TECH in operators[1]
    assert IT not in operators[1], "on leave: the deputy hears"
    assert assigning == (1, {GUARD})
    assert keeping[0] == 1
    assert keeping[1] >= {GUARD, HR}
    assert not keeping[1] & operators[1], "nobody hears it twice"
    assert OUTSIDER not in operators[1] | keeping[1]
