"""Run by path, never imported: `python -IS die_with_parent.py SIGNAL PARENT_PID COMMAND…`

Asks the kernel to send SIGNAL when the parent dies (however it dies, kill -9 included), then becomes COMMAND.
It runs *after* any change of user or namespace, because the kernel forgets the wish at such a change.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    signal_number, parent, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        sys.exit(f"prctl refused: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # it died before the wish was heard; nobody would ever stop us
        sys.exit("the parent is gone")
    os.execvp(command[0], command)  # noqa: S606
