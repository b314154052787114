"""The other end of `driver`: does one unit of work, in whichever Python runs it."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path

from trackers import load_tracker


def main() -> None:
    request = json.loads(sys.stdin.readline())
    # What trackers print must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def ready() -> None:
        print("ready", file=answers, flush=True)
        if not sys.stdin.readline():
            sys.exit("the driver is gone")

    unit = getattr(import_module(request["module"]), request["unit"])
    tracker = load_tracker(request["tracker"], Path(request["folder"]))
    result = unit(tracker, ready, **request["arguments"])
    print(json.dumps(result), file=answers, flush=True)


main()
