"""Processes that end together."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(by: signal.Signals = signal.SIGKILL, *, parent: int | None = None) -> None:
    """Have the kernel send this process the signal when its parent ends, however that ends. Linux only.

    Who knows the parent's process id names it: a parent that has ended already sends nothing any more.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, by)
        if parent not in (None, os.getppid()):
            os.kill(os.getpid(), by)
