"""How a number of a unit is said, and how one is compared."""

from typing import Final

from plans.domain.base import Text

# unit of a fact → how its figure is said; a unit that is not here says the figure alone
SAID: Final[dict[str, tuple[str, str]]] = {
    "ratio": ("{n}%", "{n} %"),
    "percent": ("{n}%", "{n} %"),
    "hours": ("{n}小时", "{n} h"),
    "minutes": ("{n}分钟", "{n} min"),
    "seconds": ("{n}秒", "{n} s"),
    "degrees": ("{n}℃", "{n} °C"),
    "calls_per_day": ("{n}通/日", "{n} calls a day"),
}
# operator of a condition → as it is written in either language
SIGNS: Final = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "is": "="}


def said(unit: str | None, value: float) -> Text:
    """`0.3` of a ratio is "30 %"."""
    figure = f"{round(value * 100, 1):g}" if unit == "ratio" else f"{round(value, 2):g}"
    zh, en = SAID.get(unit or "", ("{n}", "{n}"))
    return Text(zh=zh.format(n=figure), en=en.format(n=figure))


def name_of(unit: str, code: str) -> str:
    """What stands behind a figure of this unit, in a language; empty for what is merely counted."""
    zh, en = SAID.get(unit, ("{n}", "{n}"))
    return (zh if code.startswith("zh") else en).replace("{n}", "").strip()
