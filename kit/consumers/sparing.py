"""What keeps Python's garbage collector off a process that reads facts by the thousand."""

import gc
from typing import Final

COLLECT_AFTER: Final = (1_000_000, 50, 50)


def spare_what_is_loaded() -> None:
    """Keep Python's garbage collector off the modules, and rarer, once per process.

    A batch makes so many objects that it would walk all that is loaded, batch after batch:
    measured, half of what a record costs.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
