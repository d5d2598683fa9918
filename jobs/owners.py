"""Which worker processes are known to be dead."""

from __future__ import annotations

import os
import socket


def is_dead(owner: str) -> bool:
    """Whether a claim's owner was a process of this machine that no longer runs; of others nothing is known here.

    Args:
        owner: as `WorkQueue.owner`: host, process id and a random part, with colons between them.
    """
    host, _, rest = owner.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdecimal() or os.name == "nt":
        # Windows has no signal that only asks; there the lease runs out.
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
