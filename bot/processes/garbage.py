"""What a process has loaded once it is ready stays loaded."""

import gc


def keep_loaded() -> None:
    """Spare the collector of garbage walking through all that is there now, again and again."""
    gc.collect()
    gc.freeze()
