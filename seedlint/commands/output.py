"""Where a report goes, in which encoding, and whether in colours."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from seedlint.cli import Refused

NARROWEST, IN_A_PIPE = 60, 120
"""Columns: never fewer, and as many where there is no terminal."""


class Output:
    """A report's destination: a file, or standard output."""

    def __init__(self, file: Path | None, color: str = "auto") -> None:
        self.file = file
        self.terminal = file is None and _is_terminal(sys.stdout)
        self.color = _wants_color(color, self.terminal)
        self.width = _columns() if self.terminal else IN_A_PIPE
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise Refused(f"{file}: cannot be written: {'it is a folder' if file.is_dir() else 'no such folder'}")

    def write(self, lines: Iterable[str], machine: bool = False) -> None:
        """Write lines as they come; what a machine reads is UTF-8. Raises `Refused` where that fails."""
        if self.file is not None:
            text = "".join(f"{line}\n" for line in lines)
            try:
                self.file.write_text(text, encoding="utf-8", errors="backslashreplace")
            except OSError as error:
                raise Refused(f"{self.file}: cannot be written: {error.strerror or error}") from None
            return
        if isinstance(sys.stdout, io.TextIOWrapper):
            encoding = "utf-8" if machine else sys.stdout.encoding
            sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
        for line in lines:
            print(line)
        sys.stdout.flush()


def _columns() -> int:
    import shutil

    return max(NARROWEST, shutil.get_terminal_size().columns)


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def _wants_color(color: str, terminal: bool) -> bool:
    """`--color`, then `NO_COLOR` and `FORCE_COLOR`, then whether somebody looks."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def complain(line: str) -> None:
    """Say on standard error what could not be done."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    print(line, file=sys.stderr)
