"""Python runs this at its start where PYTHONPATH names this folder: a fault in a real process.

MARSCROP_FAULT="SIGTERM 12 /some/folder" sends that signal to the process at its twelfth operation
on files below that folder. MARSCROP_CLOCK="86400" lets the wall clock jump by so many seconds, to
and fro, each time somebody asks.
"""

import itertools
import os
import signal
import sys
import time

if fault := os.environ.get("MARSCROP_FAULT"):
    name, number, folder = fault.split(" ", 2)
    operations = itertools.count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in ("open", "os.mkdir", "os.rename", "os.remove") or not arguments:
            return
        if str(arguments[0]).startswith(folder) and next(operations) == int(number):
            os.kill(os.getpid(), getattr(signal, name))

    sys.addaudithook(hook)

if clock := os.environ.get("MARSCROP_CLOCK"):
    true_time = time.time
    jumps = itertools.cycle([0.0, float(clock), -float(clock)])
    time.time = lambda: true_time() + next(jumps)
    time.time_ns = lambda: int(time.time() * 1e9)
