"""A progress bar for those who wait: on a terminal, and only after a second."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE = 1.0
"""Seconds in which nothing is shown."""


class Progress:
    """Shows how many entries have run while it is open; each project starts anew."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted and sys.stderr.isatty()
        self.state: tuple[int, int] = (0, 0)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, done: int, total: int) -> None:
        """Take note of how far the work is."""
        self.state = (done, total)

    def __enter__(self) -> Progress:
        if self.wanted:
            self._thread = threading.Thread(target=self._show, name="seedlint-progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _show(self) -> None:
        if self._ended.wait(PATIENCE):
            return
        with _bar() as bar:
            task = bar.add_task("reading", total=None)
            while not self._ended.wait(0.1):
                done, total = self.state
                bar.update(
                    task, completed=done, total=total or None, description="running entries" if total else "reading"
                )


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
