"""Which clause of the written plan each act is done under; events cite it."""

from typing import Final

from incidents.domain.moves import Act

INTAKE: Final = "3.1"
AUTOMATIC_START: Final = "4.1"
FALSE_ALARM: Final = "4.4"

CLAUSE: Final[dict[Act, str]] = {
    Act.VERIFY: "4.1",
    Act.DISMISS: "4.4",
    Act.WARN: "5.1",
    Act.RECORD_FACTS: "4.2",
    Act.NAME_REGULATOR: "3.4",
    Act.CANNOT_HOLD: "6.3",
    Act.SUPPORT_ARRIVED: "6.3",
    Act.ASSESS: "4.1",
    Act.DECIDE_LEVEL: "4.2",
    Act.START: "6.1",
    Act.START_REGIONAL: "1.2",
    Act.SET_GROUP_STATUS: "2.2",
    Act.REPORT: "4.4",
    Act.EVALUATE: "4.4",
    Act.RESTORE: "7.2",
    Act.REPORT_ENDING: "6.4",
    Act.END: "6.4",
    Act.CLOSE: "6.4",
}
