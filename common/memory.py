"""Garbage collection of a long-lived process."""

import gc
from typing import Final

# Young, middle, old: the youngest as large as what one judgement makes, and the whole heap rarely.
THRESHOLDS: Final = (20_000, 20, 50)


def settled() -> None:
    """Call once a process has loaded all it will keep: that is never looked through again.

    Python looks at every object it holds whenever as many new ones were made; with Django loaded this stops a process for tens of
    milliseconds, just when a sample waits for its judgement.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
