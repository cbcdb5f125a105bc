"""Where the process of a command starts and ends, with little of Python's housekeeping.

Of the time to a small photo's boxes in JSON a tenth went into looking for garbage in what had just
been imported, and into taking it all apart at the end.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys


def start() -> None:
    """`marscrop.cli.app.main`, in a process that does nothing else."""
    gc.disable()  # until the command is known: `process.look_for_garbage`
    ending = _Ending()
    atexit.register(ending.leave)
    from marscrop.cli.app import main

    try:
        main()
        ending.status = 0
    except SystemExit as raised:
        code = 0 if raised.code is None else raised.code
        ending.status = code if isinstance(code, int) else None
        raise


class _Ending:
    """The end of the process, after all that others have to do at its end.

    Attributes:
        status: to exit with; None where Python has more to say.
    """

    status: int | None = None

    def leave(self) -> None:
        """Go, without taking apart what the system takes back as a whole."""
        if self.status is None:
            return
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            return  # which Python tells of
        os._exit(self.status)
