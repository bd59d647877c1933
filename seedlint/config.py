"""What `[tool.seedlint]` says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

NAMES = ("seedlint.toml", "pyproject.toml")
"""Files that may hold a configuration; the first one that is found in a folder counts."""


class ConfigError(Exception):
    """A configuration value is wrong; the text is `path:line: what is wrong`."""


_TARGET = "target_"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes are wanted; codes are given whole, as prefixes (`SDL1`), or as `ALL`."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()

    def decide(self, code: str, before: bool) -> bool:
        """Whether a code is wanted, `before` being what counts without this; the longest prefix decides."""
        wanted = _longest(code, self.select + self.extend_select)
        ignored = _longest(code, self.ignore)
        if max(wanted, ignored) < 0:
            return before and not self.select
        return wanted > ignored


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run.

    `over` is the command line's selection, which has the last word. `folder` is where the settings were
    found: patterns and paths in them start there.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()
    tests: bool = False
    library: bool = False
    target_torch: str = ""
    seed: int = 42
    fail_on: str = "note"
    baseline: str = ""
    over: Selection = field(default_factory=Selection)
    folder: Path | None = None

    def target_versions(self) -> dict[str, tuple[int, ...]]:
        """The version of each library that `target-<library>` names."""
        named = {field.name: str(getattr(self, field.name)) for field in fields(self) if field.name.startswith(_TARGET)}
        return {
            name.removeprefix(_TARGET): tuple(int(part) for part in version.split("."))
            for name, version in named.items()
            if version
        }

    def selects(self, code: str, default: bool) -> bool:
        """Whether findings of a code are wanted; the longest prefix decides between select and ignore."""
        own = Selection(self.select, self.ignore, self.extend_select).decide(code, default)
        return self.over.decide(code, own)

    def excluded(self) -> tuple[str, ...]:
        """The patterns of files to leave out, in the manner of `.gitignore`."""
        return self.exclude + self.extend_exclude


def _longest(code: str, prefixes: tuple[str, ...]) -> int:
    return max((0 if p == "ALL" else len(p) for p in prefixes if p == "ALL" or code.startswith(p)), default=-1)


_KINDS: dict[str, str] = {
    **dict.fromkeys(["select", "ignore", "extend_select"], "codes"),
    **dict.fromkeys(["exclude", "extend_exclude", "entries", "apis"], "texts"),
    **dict.fromkeys(["tests", "library"], "flag"),
    "per_file_ignores": "mapping",
    "target_torch": "version",
    "baseline": "text",
    "seed": "number",
    "fail_on": "severity",
}
_EXPECTED = {
    "codes": "a list of codes",
    "texts": "a list of strings",
    "flag": "true or false",
    "mapping": "a table of file patterns and lists of codes",
    "text": "a string",
    "version": 'a version, as in "1.8"',
    "number": "a whole number",
    "severity": 'one of "error", "warning", "note"',
}


def load(root: Path, explicit: Path | None = None, rules: Callable[[], Mapping[str, str]] | None = None) -> Config:
    """The configuration of a project: of the given file, else of the nearest one at or above its root.

    `rules` gives the names of the codes that exist. Raises `ConfigError` for a file that cannot be read and for a
    wrong value.
    """
    for path in [explicit] if explicit else _candidates(root):
        text = _read(path, bool(explicit))
        if text is None:
            continue
        section = _section(path, text)
        if section is not None or explicit:
            return _config(path, text, section or {}, rules)
    return Config()


def _candidates(root: Path) -> list[Path]:
    """Where a configuration may be: up to the folder that holds the repository."""
    folders = [root, *root.parents]
    for i, folder in enumerate(folders):
        if (folder / ".git").exists():
            folders = folders[: i + 1]
            break
    else:
        folders = folders[:1]
    return [folder / name for folder in folders for name in NAMES]


def _read(path: Path, needed: bool) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        if needed:
            raise ConfigError(f"{_shown(path)}: no such configuration file") from None
        return None
    except OSError as error:
        raise ConfigError(f"{_shown(path)}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{_shown(path)}: cannot be decoded as UTF-8: {error.reason}") from None


def _section(path: Path, text: str) -> dict[str, Any] | None:
    """The settings of a file, or None if it says nothing about seedlint."""
    project = path.name == "pyproject.toml"
    if project and "seedlint" not in text:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(_syntax(path, text, str(error))) from None
    names = ["tool", "seedlint"] if project or "tool" in data else []
    for name in names:
        data = data.get(name)
        if data is None:
            return None
        if not isinstance(data, dict):
            raise ConfigError(f"{_shown(path)}:{_line(text, name)}: `{name}` must be a table")
    return dict(data)


def _shown(path: Path) -> str:
    """A path as it is printed: from the working directory where it lies below."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _syntax(path: Path, text: str, message: str) -> str:
    """What the parser says, with the place in front."""
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if found:
        return f"{_shown(path)}:{found[1]}:{found[2]}: {message[: found.start()]}"
    return f"{_shown(path)}:{max(1, len(text.splitlines()))}: {message}"


def _config(path: Path, text: str, section: dict[str, Any], rules: Callable[[], Mapping[str, str]] | None) -> Config:
    values: dict[str, Any] = {}
    shown, folder = _shown(path), path.absolute().parent
    for key, value in section.items():
        name = key.replace("-", "_")
        kind = _KINDS.get(name)
        where = f"{shown}:{_line(text, key)}"
        if kind is None:
            raise ConfigError(f"{where}: unknown key `{key}`{_meant(name, _KINDS, kebab=True)}")
        if not _fits(kind, value):
            raise ConfigError(f"{where}: `{key}` must be {_EXPECTED[kind]}")
        values[name] = _frozen(value)
        if rules is not None and kind in ("codes", "mapping"):
            for given in value if kind == "codes" else [code for each in value.values() for code in each]:
                wrong = unknown_code(given, rules())
                if wrong:
                    raise ConfigError(f"{shown}:{_line(text, key, given)}: `{key}`: {wrong}")
    for name in ("apis", "entries", "baseline"):
        if name in values:
            values[name] = _from(folder, values[name])
    return replace(Config(folder=folder), **values)


def _from(folder: Path, value: Any) -> Any:
    """Paths as they are seen from anywhere."""
    if isinstance(value, str):
        return str(folder / value) if value else value
    return tuple(str(folder / item) for item in value)


def unknown_code(given: str, rules: Mapping[str, str]) -> str:
    """What is wrong with a code or prefix that was asked for: nothing, or a sentence with the nearest one.

    `rules` maps codes to names.
    """
    if given == "ALL" or (given and any(code.startswith(given) for code in rules)):
        return ""
    from difflib import get_close_matches

    by_name = {name: code for code, name in rules.items()}
    close = get_close_matches(given.lower(), by_name, 1, 0.8)
    if close:
        return f"`{given}` is no code; did you mean `{by_name[close[0]]}`, {close[0]}?"
    return f"no rule is called `{given}`{_meant(given.upper(), rules)}"


def _meant(given: str, known: Iterable[str], kebab: bool = False) -> str:
    from difflib import get_close_matches

    close = get_close_matches(given, list(known), 1)
    if not close:
        return ""
    return f"; did you mean `{close[0].replace('_', '-') if kebab else close[0]}`?"


def _line(text: str, key: str, value: str = "") -> int:
    """The line where a key stands, or where a value of it does."""
    lines = text.splitlines()
    pattern = re.compile(
        rf"""^\s*(?:[\w."'-]+\.)?["']?{re.escape(key)}["']?\s*[=.]|\.["']?{re.escape(key)}["']?\s*\]"""
    )
    for number, line in enumerate(lines, 1):
        if pattern.search(line):
            if value:
                quoted = re.compile(rf"""["']{re.escape(value)}["']""")
                return next((i for i in range(number, len(lines) + 1) if quoted.search(lines[i - 1])), number)
            return number
    return 1


def _fits(kind: str, value: Any) -> bool:
    if kind in ("codes", "texts"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "severity":
        return value in ("error", "warning", "note")
    if kind == "mapping":
        return isinstance(value, dict) and all(_fits("texts", item) for item in value.values())
    if kind == "version":
        return isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)*", value) is not None
    return isinstance(value, str)


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: tuple(item) for key, item in value.items()}
    return value


def keys() -> tuple[str, ...]:
    """The keys that `[tool.seedlint]` may hold."""
    return tuple(f.name.replace("_", "-") for f in fields(Config) if f.name in _KINDS)
