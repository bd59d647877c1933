"""`%load_ext seedlint`: findings under the cell that was just run."""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedlint.rule import Finding

_sessions: dict[int, Session] = {}
_STYLE = "border-left:3px solid {};padding:2px 8px;margin:4px 0;white-space:pre-wrap;font-family:monospace"
_COLOURS = {"error": "#d1242f", "warning": "#bf8700", "note": "#0969da"}


def load(shell: Any) -> None:
    """Watch an IPython shell's cells."""
    if id(shell) not in _sessions:
        session = _sessions[id(shell)] = Session(shell)
        shell.events.register("post_run_cell", session.after_cell)


def unload(shell: Any) -> None:
    """Stop watching."""
    session = _sessions.pop(id(shell), None)
    if session is not None:
        shell.events.unregister("post_run_cell", session.after_cell)


class Session:
    """One shell's cells, in the order in which they were run, and what was said about them."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.told: set[tuple[int | None, int, str, str]] = set()
        self.complaints: set[str] = set()

    def after_cell(self, result: Any) -> None:
        """Show what is new since the cell before: in the cell just run, or in earlier ones because of it."""
        if result.execution_count is None or result.error_before_exec is not None:
            return
        found = sorted(self.new_findings(), key=lambda pair: (pair[0], pair[1].place))
        if found:
            from IPython.display import display

            lines = self.texts()
            blocks = [block(finding, cell, lines) for cell, finding in found]
            plain = "\n\n".join(text for text, _ in blocks)
            marked = "".join(
                f'<div style="{_STYLE.format(colour)}">{html.escape(text)}</div>' for text, colour in blocks
            )
            display({"text/plain": _Plain(plain), "text/html": marked}, raw=True)  # type: ignore[no-untyped-call]

    def texts(self) -> list[str]:
        """What was run, by execution number; the first is none."""
        return [str(text) for text in self.shell.history_manager.input_hist_raw]

    def new_findings(self) -> Iterator[tuple[int, Finding]]:
        """(the cell that it is about, finding) of what was not told yet."""
        from seedlint import api

        file = Path.cwd() / _name(self.shell)
        texts = self.texts()
        around = [*_loaded(Path.cwd()), *_scripts(texts)]
        setting = api.Setting(lenient=True, cache_dir=api.cache_folder())
        checked = api.check_text(file, _as_notebook(texts), around=around, setting=setting)
        for error in set(checked.errors) - self.complaints:
            self.complaints.add(error)
            print(f"seedlint: {error}", file=sys.stderr)
        shown = next((path for path in checked.sources if checked.sources.absolute(path) == file), "")
        for finding in checked.findings:
            cell = _cell(finding, shown)
            key = (cell, finding.place.line, finding.place.path, finding.code)
            if cell is not None and finding.reached and key not in self.told:
                self.told.add(key)
                yield cell, finding


class _Plain(str):
    """Text whose representation is itself."""

    __slots__ = ()


def _name(shell: Any) -> str:
    """The notebook's name, if its front end tells it."""
    known = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or ""
    name = Path(str(known)).name
    return name if name.endswith(".ipynb") else "session.ipynb"


def _as_notebook(texts: list[str]) -> str:
    """The notebook whose cell n is what was run as `In [n]`."""
    cells = [{"cell_type": "code" if number else "raw", "source": text} for number, text in enumerate(texts)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _loaded(folder: Path) -> Iterator[Path]:
    """The files below a folder that the session has imported; installed packages are none of the project's."""
    start = str(folder.resolve()) + os.sep
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and name.endswith(".py") and name.startswith(start) and "site-packages" not in name:
            yield Path(name)


def _scripts(texts: list[str]) -> Iterator[Path]:
    """The scripts that cells have run with `%run`."""
    from seedlint.sources.magics import RUN, python_of_cell

    for text in texts:
        if "run" in text:
            for name in re.findall(rf"{RUN}\('([^']+)'", python_of_cell(text)):
                if Path(name).is_file():
                    yield Path(name).resolve()


def _cell(finding: Finding, shown: str) -> int | None:
    """The cell that a finding stands in, or from which the session reaches it; None for no cell's."""
    if finding.place.path == shown:
        return finding.place.cell
    steps = [step for step in finding.trace if step.path == shown]
    return steps[-1].cell if finding.entry == shown and steps else None


def block(finding: Finding, cell: int, texts: list[str]) -> tuple[str, str]:
    """(what is printed about a finding, its colour)."""
    place = finding.place
    where = f"In [{cell}]" if place.cell is not None else f"{place.path} from In [{cell}]"
    lines = [f"{where}, line {place.line}: {finding.code} {finding.name}", f"  {_in_session(finding.message, finding)}"]
    if place.cell is not None:
        code = texts[place.cell].splitlines()[place.line - 1]
        end = place.end_column if place.end_line == place.line else len(code) + 1
        lines += [f"    {code}", "    " + " " * (place.column - 1) + "^" * max(1, end - place.column)]
    elif len(finding.trace) > 1:
        from seedlint.report.text import trace

        lines.append(f"  path: {_in_session(' -> '.join(trace(finding)), finding)}")
    lines.append(f"  help: {_in_session(finding.help, finding)}")
    return "\n".join(lines), _COLOURS[finding.severity.value]


def _in_session(text: str, finding: Finding) -> str:
    """Name cells as the notebook numbers them."""
    name = re.escape(finding.entry)
    text = re.sub(rf"(?:{name}:)?cell (\d+):(\d+)", r"In [\1], line \2", text)
    return re.sub(rf"when {name} runs", "in this session", text)
