"""The command line: reads the options, hands over to the command that is asked for, and ends without a traceback."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from seedlint.commands.options import Options

CLEAN, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130


class Refused(Exception):
    """What was asked for cannot be done; the text is one line that says why and what to do."""


def console() -> NoReturn:
    """The `seedlint` command: `main`, in a process that is given back to the system as it is.

    Collecting while modules load, and taking the interpreter apart behind them, takes as long as a check of
    which nothing changed.
    """
    gc.disable()
    status = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or FAILED
    os._exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `seedlint`; the exit status is 0 for clean, 1 for findings, 2 for what could not be done."""
    try:
        from seedlint.commands.options import parse

        status = _run(parse(argv))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    except Refused as error:
        return _say(str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or error}")
    except Exception as error:
        if os.environ.get("SEEDLINT_DEBUG"):
            raise
        from seedlint.api import said

        return _say(said(error))


def _say(text: str, status: int = FAILED) -> int:
    print(f"seedlint: {text}", file=sys.stderr)
    return status


def _run(options: Options) -> int:
    """The command that the options name; each is imported only here."""
    if options.show_completion:
        from seedlint.commands import completion

        return completion.run(options)
    if options.explain or options.list_rules:
        from seedlint.commands import pages

        return pages.run(options)
    from seedlint.commands import check

    return check.run(options)
