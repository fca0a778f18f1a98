"""Commits many times among others: ``URL NAME COMMITS``; prints serials and conflicts as JSON."""

from __future__ import annotations

import json
import random
import sys
import time

from placement import StaleError, Store
from tests.store.fleet import chat, deploy_once

LONGEST_PAUSE = 0.5
"""Seconds after a conflict: long enough that most of the work is not for another conflict."""


def main():
    url, name, commits = sys.argv[1], sys.argv[2], int(sys.argv[3])
    serials, conflicts = [], 0
    with Store.open(url, wait=60) as store:
        for number in range(commits):
            while True:
                try:
                    entry = deploy_once(store, chat(str(number), model=name), author=name)
                except StaleError:
                    conflicts += 1
                    time.sleep(random.uniform(0, LONGEST_PAUSE))
                else:
                    serials.append(entry.serial)
                    break
    print(json.dumps({"serials": serials, "conflicts": conflicts}))


if __name__ == "__main__":
    main()
