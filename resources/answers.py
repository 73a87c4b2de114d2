"""What page and API answer alike: the ledger as a workbook."""

from collections.abc import Iterable
from typing import Final

from django.http import HttpResponse

from resources import selectors
from resources.models import Equipment
from resources.services.sheets import ledger_xlsx

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_response(rows: Iterable[Equipment]) -> HttpResponse:
    name = f"equipment-{selectors.today():%Y-%m-%d}.xlsx"
    return HttpResponse(
        ledger_xlsx(list(rows)), content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
