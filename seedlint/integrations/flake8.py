"""seedlint as a flake8 plugin: whole-program verdicts, handed out file by file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    import ast

    from seedlint.api import Setting
    from seedlint.config import Config
    from seedlint.rule import Finding

FAMILY = "SDL"
OPT_IN = "SDL9"
STDIN = ("-", "stdin")


class Plugin:
    """What flake8 calls: once with its options, then for each file.

    The projects that flake8's arguments name are judged as soon as the options are known, before
    flake8 starts its processes: these inherit the findings, or find them in the cache.
    """

    verdicts: Verdicts | None = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, manager: Any) -> None:
        """Leave the opt-in rules out of what flake8 shows by default."""
        manager.extend_default_ignore([OPT_IN])

    @classmethod
    def parse_options(cls, manager: Any, options: argparse.Namespace, args: Sequence[str]) -> None:
        """Judge what flake8 is asked to check. Raises flake8's `ExecutionError` for a wrong configuration."""
        # What is asked for in [tool.seedlint] is judged, and nothing else is: flake8 need not ignore it again.
        options.extended_default_ignore = [code for code in options.extended_default_ignore or () if code != OPT_IN]
        cls.verdicts = Verdicts(options)
        with _errors_as_flake8_prints_them():
            cls.verdicts.judge_arguments()

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Yield the findings of this file."""
        if self.verdicts is None:
            return
        with _errors_as_flake8_prints_them():
            found = self.verdicts.of(self.filename, self.lines)
        for finding in found:
            yield finding.place.line, finding.place.column - 1, message(finding), Plugin


@contextmanager
def _errors_as_flake8_prints_them() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        from seedlint.baseline import BaselineError
        from seedlint.config import ConfigError
        from seedlint.knowledge import TableError

        if not isinstance(error, (BaselineError, ConfigError, TableError)):
            raise
        from flake8.exceptions import ExecutionError  # type: ignore[import-untyped]

        raise ExecutionError(f"seedlint: {error}") from error


def message(finding: Finding) -> str:
    """One line: the code, what is wrong, the path that leads there, and what to do."""
    from seedlint.report.text import trace

    path = f" ({' -> '.join(trace(finding))})" if len(finding.trace) > 1 else ""
    return f"{finding.code} {finding.message}{path}. {finding.help}"


class Verdicts:
    """The findings of one flake8 run, by file; nothing is judged where no code of ours could be shown."""

    def __init__(self, options: argparse.Namespace) -> None:
        selected = [*(options.select or ()), *(options.extend_select or ())]
        ignored = [*(options.ignore or ()), *(options.extend_ignore or ())]
        named = any(FAMILY.startswith(code[: len(FAMILY)]) for code in selected)
        self.wanted = named or not (options.select or any(FAMILY.startswith(code) for code in ignored))
        self.opted_in = tuple(code for code in selected if code.startswith(OPT_IN))
        self.arguments = [name for name in options.filenames or ["."] if name not in STDIN]
        self.stdin = any(name in STDIN for name in options.filenames or ())
        self.stdin_name: str = options.stdin_display_name
        self._found: dict[str, list[Finding]] = {}
        self._judged: list[str] = []

    def judge_arguments(self) -> None:
        """Judge the projects of flake8's arguments. Raises `ConfigError` and `TableError`."""
        if self.wanted and self.arguments:
            self._judge(self.arguments)

    def of(self, filename: str, lines: Sequence[str]) -> list[Finding]:
        """The findings of one file; one that no argument names is judged with the project around it."""
        if not self.wanted:
            return []
        if self.stdin and filename in (*STDIN, self.stdin_name):
            return self._of_text(filename, "".join(lines))
        path = _real(filename)
        if not any(path == known or path.startswith(known.rstrip(os.sep) + os.sep) for known in self._judged):
            self._judge([filename])
        return self._found.get(path, [])

    def _judge(self, names: Sequence[str]) -> None:
        from pathlib import Path

        from seedlint import api

        self._judged += map(_real, names)
        checked = api.check_with([Path(name) for name in names], self._setting())
        _complain(checked.errors)
        for finding in checked.findings:
            path = str(checked.sources.absolute(finding.place.path))
            self._found.setdefault(path, []).append(finding)

    def _of_text(self, filename: str, text: str) -> list[Finding]:
        """The findings of a text that stands for a file, in the project around that."""
        from pathlib import Path

        from seedlint import api

        name = "stdin.py" if filename in STDIN else filename
        checked = api.check_text(Path(name), text, setting=self._setting())
        _complain(checked.errors)
        return checked.findings

    def _setting(self) -> Setting:
        """The projects' own configurations, with the opt-in codes that flake8's options name."""
        from dataclasses import replace

        from seedlint import api

        def change(config: Config) -> Config:
            return replace(config, extend_select=(*config.extend_select, *self.opted_in))

        return api.Setting(change=change if self.opted_in else None, cache_dir=api.cache_folder())


def _complain(errors: Sequence[str]) -> None:
    """Say on standard error what kept a project from being checked; flake8's other checks go on."""
    for error in errors:
        print(f"seedlint: {error}", file=sys.stderr)


def _real(name: str) -> str:
    """The path that a finding's file has: with links in its folder followed."""
    from pathlib import Path

    path = Path(name)
    return str(path.parent.resolve() / path.name)
