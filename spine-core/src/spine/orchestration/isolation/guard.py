"""Guard process between Spine and a program: ends the program and its children when Spine has ended in any way.

It is run by path, in isolated mode, with a minimum of imports. Its arguments are a pipe's descriptor, which closes with
Spine, and the program with its own arguments.
"""

import errno
import os
import signal
import sys
import threading

CANNOT_START = 126


def _end_with(pipe: int) -> None:
    os.read(pipe, 1)
    os.killpg(0, signal.SIGKILL)


def _main() -> None:
    pipe, argv = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(pipe, False)
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)  # sent to the whole group; the program decides
    try:  # Python ignores the two signals, and children would inherit that
        program = os.posix_spawnp(argv[0], argv, os.environ, setsigdef=(signal.SIGPIPE, signal.SIGXFSZ))
    except OSError as error:
        cure = "; if it is a script, begin it with a line such as #!/bin/sh" if error.errno == errno.ENOEXEC else ""
        os.write(2, f"{argv[0]} cannot be started: {error.strerror}{cure}\n".encode())
        os._exit(CANNOT_START)
    for stream in (0, 1, 2):
        os.close(stream)  # the program keeps its own copies open
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    _main()
