"""Something the company named; its names are data, not texts of the product."""

from django.db import models
from django.utils.translation import get_language


class Bilingual(models.Model):
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the language now active."""
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh

    @property
    def names(self) -> dict[str, str]:
        return {"zh": self.name_zh, "en": self.name_en}

    def __str__(self) -> str:
        return self.name
