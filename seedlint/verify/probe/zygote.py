"""A process that has imported what the programs import, and forks for each run."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any

from . import fence, streams, supervisor


def main(folder: str, names: list[str], fenced: bool) -> None:
    """Import `names`, report each stream's state, then fork a run for each line of standard input."""
    fence.adopt_orphans()
    fence.die_with_parent()
    if fenced:
        fence.no_network()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(f"{name}: {error}", file=sys.stderr)
    states = {name: streams.state(name) for name in ("random", "numpy", "torch")}
    print(json.dumps({"ready": states}), file=out, flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        request = json.loads(line)
        if os.fork() == 0:
            _serve(request)


def _serve(request: dict[str, Any]) -> None:
    try:
        with open(request["config"], encoding="utf-8") as handle:
            config = json.load(handle)
        streams.refresh(tuple(request["keep"]))
        supervisor.supervise(config)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "1")
