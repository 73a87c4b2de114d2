"""What the engine's alarms say to a person."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from engine import worlds
from engine.models import Alarm
from people.rostered import duties
from plans.selectors import current

TEXTS: dict[str, str | Promise] = {
    "reaction.failing": _(
        "What should follow from an event failed (%(ref)s, %(error)s). The event stands; it is being tried again."
    ),
    "queue.failing": _("An item fails and is being tried again (%(ref)s, %(error)s)."),
    "queue.set_aside": _("An item failed every try and was set aside (%(ref)s, %(error)s). See Operations."),
    "clock.off": _(
        "A process's clock is off by %(seconds)s s (%(ref)s); it has stopped firing deadlines. Set its machine's clock."
    ),
    "signals.no_data": _(
        "Watched series without data: %(n)s (world: %(world)s). That is neither normal nor recovered; see Signals."
    ),
    "message.nobody": _("Nobody holds the roles that should have been told (%(ref)s)."),
    "delivery.given_up": _(
        "A message could not be delivered to somebody (%(ref)s, %(error)s); reach them another way."
    ),
    "plan.unfit": _(
        "Version %(number)s of the plan was to come into force and can no longer be read (%(error)s). The version in force goes on."
    ),
    "message.unanswered": _(
        "Of those told, only %(answers)s of %(told)s have answered a message, and its ladder has ended. Ring them: "
        "Messages → To ring."
    ),
    "watchdog.away": _(
        "The watchdog has not looked for %(seconds)s s: nobody checks that the product misses nothing. Start it again."
    ),
    "watchdog.blind": _(
        "The product has proved nothing for a while: its test from sample to message does not arrive (held up at: %(stage)s)."
    ),
    "watchdog.part": _("A part of the product does not answer the watchdog (%(ref)s)."),
    "watchdog.behind": _("Work waits that nobody does (%(ref)s), items: %(n)s, the first for %(seconds)s s."),
    "watchdog.unfired": _(
        "Deadlines that have passed and were not recorded: %(n)s, the first %(seconds)s s ago. Watch the clocks "
        "yourselves until this ends."
    ),
    "watchdog.mended": _(
        "Something that should have stood was lost and was set again (items: %(n)s); see the log “watchdog”."
    ),
    "watchdog.step": _("One of the watchdog's own checks fails (%(ref)s, %(error)s)."),
    "duty.gap": _(
        "Nobody is on the roster of a duty (%(duty)s); gaps within 14 days: %(n)s, the first from %(first)s. Fill it: "
        "People → Duty roster."
    ),
    "duty.nobody": _(
        "Nobody is on duty now (%(duty)s), until %(until)s by the roster. Take it, or put somebody on: People → Duty roster."
    ),
    "role.unheld": _(
        "Nobody answers for a role of the plan (%(role)s): nobody holds it. Assign it: People → Accounts and roles."
    ),
    "role.away": _(
        "Nobody answers for a role of the plan (%(role)s): whoever holds it is on leave and nobody stands in. Name a deputy: "
        "People → Duty roster."
    ),
    "role.many": _(
        "Nobody answers for roles of the plan: %(n)s of them. Assign them: People → Accounts and roles; which they are stands under "
        "Readiness."
    ),
    "letters.held": _(
        "The database is an older backup, or cannot be compared with what was exported of it; logs that lack events: "
        "%(n)s. No message leaves the house until the system administrator decides: Operations → Restored backup."
    ),
    "heads.unwritten": _(
        "How far the logs have come cannot be written outside the database (%(error)s): an older backup would not be noticed. "
        "Look at the folder HOTLINE_HEADS_DIR."
    ),
    "heads.damaged": _(
        "Lines of what is exported of the logs that are not as they were written: %(n)s; somebody or a disk changed the "
        "file."
    ),
    "channel.failing": _("A channel refuses messages (%(ref)s, %(error)s)."),
}

OF_A_WORLD = frozenset({"signals.no_data"})  # alarms whose `ref` is the key of a world
OF_A_DUTY = frozenset({"duty.gap", "duty.nobody"})  # … of a duty
OF_A_ROLE = frozenset({"role.unheld", "role.away"})  # … of a role of the plan
INSTANTS = ("first", "until")  # parameters that are instants, shown by the company's clock


def alarm_text(alarm: Alarm) -> str:
    """One sentence in the active language; an unknown kind is shown by its name rather than hidden."""
    text = TEXTS.get(alarm.kind)
    if text is None:
        return f"{alarm.kind}: {alarm.ref}"
    values = {
        "ref": alarm.ref,
        "error": "",
        "seconds": "",
        "n": "",
        "number": "",
        "world": "",
        "answers": "",
        "told": "",
        "stage": "",
        **alarm.params,
        **{name: _by_the_clock(alarm.params[name]) for name in INSTANTS if name in alarm.params},
    }
    if alarm.kind in OF_A_DUTY:
        duty = next((duty for duty in duties() if duty.key == alarm.ref), None)
        values["duty"] = duty.name if duty else alarm.ref
    if alarm.kind in OF_A_ROLE:
        role = current().roles.get(alarm.ref)
        values["role"] = in_language(role.title.as_dict()) if role else alarm.ref
    if alarm.kind in OF_A_WORLD:
        world = worlds.find(alarm.ref)
        values["world"] = in_language(world.names) if world else alarm.ref
    return str(text) % values


def _by_the_clock(text: str) -> str:
    return localtime(datetime.fromisoformat(text)).strftime("%m-%d %H:%M")
