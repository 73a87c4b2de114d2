"""Where figures are of, as the company calls its places."""

from collections.abc import Collection
from typing import Final

from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both
from people.selectors import names
from plans.domain import Place

EVERYWHERE: Final = _("the whole company")


def places_said(places: Collection[Place]) -> dict[Place, Both]:
    """Each place in both languages, the narrowest name first; a key that is on no map as it is. Reads only maps that are asked for."""
    wanted = {kind for place in places for kind, key in _keys(place) if key}
    known = names(*sorted(wanted)) if wanted else {}
    said = {}
    for place in places:
        found = [known[kind].get(key, {"zh": key, "en": key}) for kind, key in _keys(place) if key]
        said[place] = (
            {code: " · ".join(row[code] for row in found) for code in ("zh", "en")} if found else both(EVERYWHERE)
        )
    return said


def _keys(place: Place) -> tuple[tuple[str, str], ...]:
    return ("nodes", place.node), ("hotlines", place.hotline), ("regions", place.region)
