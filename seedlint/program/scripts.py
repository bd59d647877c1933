"""The functions that the installed project's commands call."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from seedlint.program.modules import SOURCE_FOLDERS, Program
from seedlint.program.settings import Settings

_TARGET = re.compile(r"\s*([\w.]+)\s*:\s*(\w+)\s*")
_IN_SETUP = re.compile(r"""["'][\w.-]+\s*=\s*([\w.]+)\s*:\s*(\w+)["']""")


def console_scripts(program: Program) -> list[str]:
    """The project's commands as entries, `module/function`; a module with a main block runs by itself."""
    found: dict[str, None] = {}
    for dotted, function in _declared(program.settings):
        names = (dotted, *(f"{folder}.{dotted}" for folder in SOURCE_FOLDERS))
        module = next((name for name in names if name in program.modules), None)
        if module is not None and not program.modules[module].summary.main:
            found[f"{module}/{function}"] = None
    return list(found)


def _declared(settings: Settings) -> Iterator[tuple[str, str]]:
    """(module, function) of each command that the project's files declare."""
    for target in (*_of_pyproject(settings), *_of_setup_cfg(settings)):
        match = _TARGET.match(target)
        if match is not None:
            yield match[1], match[2]
    text = settings.text("setup.py") or ""
    if "console_scripts" in text:
        yield from _IN_SETUP.findall(text)


def _of_pyproject(settings: Settings) -> Iterator[str]:
    text = settings.text("pyproject.toml") or ""
    if "scripts]" not in text:
        return
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    for table in (_table(data, "project", "scripts"), _table(data, "tool", "poetry", "scripts")):
        yield from (target for target in table.values() if isinstance(target, str))


def _table(data: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        inner = data.get(name)
        data = inner if isinstance(inner, dict) else {}
    return data


def _of_setup_cfg(settings: Settings) -> Iterator[str]:
    text = settings.text("setup.cfg") or ""
    if "console_scripts" not in text:
        return
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except Error:
        return
    lines = parser.get("options.entry_points", "console_scripts", fallback="").splitlines()
    yield from (line.partition("=")[2] for line in lines if "=" in line)
