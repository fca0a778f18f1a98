"""Runs commands in forks of one process that has loaded the package, which takes most of a start.

As a program, ``PATH COMMAND ARGUMENT...`` asks the process that listens at a path to run a command
with its own streams, folder and environment, and exits as the command does. It loads little.
"""

from __future__ import annotations

import json
import os
import socket
import sys

MOST = 1_000_000
"""Bytes of one request."""
LOADED = (
    "placement.cli.main",
    "placement.planner",
    "placement.problem.compiler",
    "placement.solvers.guided",
    "placement.solvers.pipeline",
    "placement.store.store",
    "placement.transaction",
    "placement.verifier",
)


def ask(path: str, arguments: list[str]) -> int:
    """Have a command run; return its exit code."""
    request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        socket.send_fds(line, [json.dumps(request).encode()], [0, 1, 2])
        line.shutdown(socket.SHUT_WR)
        return int(line.recv(16) or b"70")


def answer(path: str) -> None:
    """Listen at a path, and run each command in a fork, until stdin is closed."""
    from importlib import import_module
    from select import select
    from signal import SIG_IGN, SIGCHLD, signal

    for name in LOADED:
        import_module(name)
    signal(SIGCHLD, SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{path}.new")
        door.listen()
        os.rename(f"{path}.new", path)  # whoever finds it may ask at once
        while select([door, 0], [], [])[0] == [door]:
            line, _ = door.accept()
            if os.fork() == 0:
                _run(line)
            line.close()


def _run(line: socket.socket) -> None:
    """Be the fork: run the command that was asked for, tell how it ended, and end."""
    from signal import SIG_DFL, SIGCHLD, signal

    code = 70
    try:
        signal(SIGCHLD, SIG_DFL)
        text, streams, _, _ = socket.recv_fds(line, MOST, 3)
        while more := line.recv(MOST):
            text += more
        request = json.loads(text)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        code = _ended(request["arguments"])
    finally:
        line.send(str(code).encode())
        os._exit(0)


def _ended(arguments: list[str]) -> int:
    """Run a command in this process; return its exit code."""
    from placement.cli.main import main

    sys.argv = ["placement", *arguments]
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
