"""Garbage collection of a long-lived process."""

import gc
from typing import Final

# A young generation as large as what one judgement makes, and rarely the whole heap.
YOUNG, MIDDLE, OLD = 20_000, 20, 50
THRESHOLDS: Final = (YOUNG, MIDDLE, OLD)


def settled() -> None:
    """Call once a process has loaded all it will keep: that is never looked through again.

    Python looks at every object it holds whenever as many new ones were made; with Django loaded this stops a process for tens of
    milliseconds, just when a sample waits for its judgement.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
