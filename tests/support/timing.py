"""Processor time for tests that hold one."""

import gc
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Processor time that `work` takes, of all threads of this process.

    Others who share the machine do not count, nor does what other tests left behind for the garbage collector.
    """
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()
