"""Kills processes in the middle of commits and looks at what they leave: ``URL KILLS [SEED]``.

A child commits in a loop and tells, through a pipe, every statement it is about to send and every
serial that was acknowledged. It is killed with SIGKILL at a random statement, up to a millisecond
later. Then the store is opened: nothing that was acknowledged may be missing, nothing may be there
by half. Prints one JSON document; the exit code is 1 if anything was lost or torn.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from itertools import count

from sqlalchemy import event

from placement import Store
from tests.store.fleet import chat, deploy_once

MOST_STATEMENTS = 60
"""Statements after which a child is killed at the latest: a few commits."""
LONGEST_PAUSE = 0.001


def commit_forever(url, pipe, number):
    """Be the child: commit one version after the other."""
    with Store.open(url) as store:
        engine = store._database._writer.engine
        tell = lambda line: os.write(pipe, f"{line}\n".encode())  # noqa: E731
        event.listen(engine, "before_cursor_execute", lambda _c, _u, text, *_: tell(verb(text)))
        event.listen(engine, "commit", lambda _: tell("COMMIT"))
        for version in count():
            models = [f"m{version % 3}", f"{number}.{version}"]
            entry = deploy_once(store, chat(models[1], model=models[0], replicas=1 + version % 3))
            tell(f"acknowledged {entry.serial} {models[1]}")


def verb(statement):
    return " ".join(statement.split()[:3])


def kill_one(url, number, rng):
    """Start a child, kill it, and return the lines it told."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            commit_forever(url, write, number)
        finally:
            os._exit(70)
    os.close(write)
    lines, left = [], rng.randrange(1, MOST_STATEMENTS)
    with os.fdopen(read) as told:
        for line in told:
            lines.append(line.strip())
            left -= 1
            if left == 0:
                time.sleep(rng.uniform(0, LONGEST_PAUSE))
                os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"child {number} ended by itself after {lines[-3:]}")
    return lines


def look(url, acknowledged):
    """Open the store after a kill; return what is wrong with it."""
    faults = []
    with Store.open(url) as store:
        head = store.head()
        if head.serial < max(acknowledged, default=0):
            faults.append(f"lost: serial {head.serial}, acknowledged {max(acknowledged)}")
        if head.serial and head.digest != store.entry(head.serial).state_digest:
            faults.append(f"torn: the state of serial {head.serial} has another digest")
        if url.startswith("sqlite"):
            with store._database.reading() as connection:
                answer = connection.exec_driver_sql("PRAGMA quick_check").scalar()
                faults += [] if answer == "ok" else [f"torn: {answer}"]
    return faults


def look_through(url, acknowledged):
    """Read the whole history at the end; return what is wrong with it."""
    faults = []
    with Store.open(url) as store:
        for step in store.replay():
            serial, version = step.entry.serial, step.entry.arguments["version"]
            faults += [f"torn: serial {serial}: {fault}" for fault in step.faults]
            if acknowledged.get(serial, version) != version:
                faults.append(f"lost: {acknowledged[serial]}, serial {serial} holds {version}")
        return faults, store.head().serial


def main():
    url, kills = sys.argv[1], int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    Store.open(url).close()
    acknowledged, faults, inside = {}, [], 0
    for number in range(kills):
        lines = kill_one(url, number, rng)
        for line in lines:
            if line.startswith("acknowledged"):
                _, serial, version = line.split()
                acknowledged[int(serial)] = version
        inside += is_inside(lines)
        faults += look(url, acknowledged)
    more, serial = look_through(url, acknowledged)
    report = {
        "kills": kills,
        "insideTheTransaction": inside,
        "acknowledged": len(acknowledged),
        "serial": serial,
        "faults": (faults + more)[:20],
    }
    print(json.dumps(report))
    sys.exit(1 if report["faults"] else 0)


def is_inside(lines):
    """Whether the last thing told lies between the first write of a commit and its answer."""
    for line in reversed(lines):
        if line.startswith("acknowledged"):
            return False
        if line.startswith("INSERT INTO history"):
            return True
    return False


if __name__ == "__main__":
    main()
