"""What this room does, for pages, API and the practice company."""

from resources.services.equipment import equipment_add, equipment_change, equipment_retire, store_set
from resources.services.importing import import_apply, import_plan, import_upload
from resources.services.using import equipment_inspect, equipment_return, equipment_withdraw

__all__ = [
    "equipment_add",
    "equipment_change",
    "equipment_inspect",
    "equipment_retire",
    "equipment_return",
    "equipment_withdraw",
    "import_apply",
    "import_plan",
    "import_upload",
    "store_set",
]
