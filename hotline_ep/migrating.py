"""The first tables in four seconds instead of seventeen: what `manage.py migrate` runs inside where none stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState


@contextmanager
def one_model_at_a_time() -> Iterator[None]:
    """In here a step of a migration makes the class of the model it changes anew, and no other's.

    Django makes those of all that hang on it as well, and here nearly all hang on a person: 13,000 classes for some 700 steps.
    A class left standing points to the former one of the same table and key, and what points to a table is found by its name, so
    the statements are the same (tests/house/test_migrating.py). Where that would not do everything is made anew, as ever: a field
    altered that others may point to, a table renamed, a step written in Python, the end.
    """
    states: Any = ProjectState  # the method is not in its stubs
    hangs_together = states._find_reload_model

    def alone(self: Any, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        if "db_table" in self.models[app_label, model_name].options or not (
            delay or _grown(self, app_label, model_name)
        ):
            return set(hangs_together(self, app_label, model_name, delay))
        self.is_delayed = True  # a step written in Python then has all made anew
        return {(app_label, model_name)}

    states._find_reload_model = alone
    try:
        yield
    finally:
        states._find_reload_model = hangs_together


def _grown(state: Any, app_label: str, model_name: str) -> bool:
    """Whether this model is new or has a field more."""
    before = state.apps.all_models[app_label].get(model_name)
    had = before and {field.name for field in (*before._meta.local_fields, *before._meta.local_many_to_many)}
    return not had or state.models[app_label, model_name].fields.keys() > had
