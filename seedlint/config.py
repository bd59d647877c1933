"""What `[tool.seedlint]` says."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """A configuration value is wrong; the text is `path:line: what is wrong`."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run; codes are given whole, as prefixes (`SDL1`), or as `ALL`."""

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

    def selects(self, code: str, default: bool) -> bool:
        """Whether findings of a code are wanted; the longest prefix decides between select and ignore."""
        wanted = _longest(code, self.select) if self.select else (1 if default else 0)
        wanted = max(wanted, _longest(code, self.extend_select))
        return (
            wanted > 0
            and wanted >= _longest(code, self.ignore)
            and not (_longest(code, self.ignore) and wanted <= _longest(code, self.ignore))
        )


def _longest(code: str, prefixes: tuple[str, ...]) -> int:
    return max((1 if p == "ALL" else len(p) for p in prefixes if p == "ALL" or code.startswith(p)), default=0)


_KINDS: dict[str, str] = {
    **dict.fromkeys(["select", "ignore", "extend_select"], "codes"),
    **dict.fromkeys(["exclude", "extend_exclude", "entries", "apis"], "texts"),
    **dict.fromkeys(["tests", "library"], "flag"),
    "per_file_ignores": "mapping",
    "target_torch": "text",
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
    "number": "a whole number",
    "severity": 'one of "error", "warning", "note"',
}


def load(root: Path, explicit: Path | None = None) -> Config:
    """The configuration of a project: of the given file, else of the nearest one at or above its root.

    Raises `ConfigError` for a file that cannot be read and for a wrong value.
    """
    for path in [explicit] if explicit else _candidates(root):
        assert path is not None
        text = _read(path, bool(explicit))
        if text is None:
            continue
        section = _section(path, text)
        if section is not None or explicit:
            return _config(path, text, section or {})
    return Config()


def _candidates(root: Path) -> list[Path]:
    folders = [root, *root.parents]
    for i, folder in enumerate(folders):
        if (folder / ".git").exists():
            folders = folders[: i + 1]
            break
    else:
        folders = folders[:1]
    return [folder / name for folder in folders for name in ("seedlint.toml", "pyproject.toml")]


def _read(path: Path, needed: bool) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if needed or not isinstance(error, OSError):
            raise ConfigError(f"{path}:1: cannot be read: {error}") from None
        return None


def _section(path: Path, text: str) -> dict[str, Any] | None:
    if path.name == "pyproject.toml" and "tool.seedlint" not in text:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("seedlint")
    return data if isinstance(data, dict) else None


def _config(path: Path, text: str, section: dict[str, Any]) -> Config:
    values: dict[str, Any] = {}
    for key, value in section.items():
        name = key.replace("-", "_")
        kind = _KINDS.get(name)
        if kind is None:
            close = difflib.get_close_matches(name, [f.name for f in fields(Config)], 1)
            hint = f"; did you mean `{close[0].replace('_', '-')}`?" if close else ""
            raise ConfigError(f"{path}:{_line(text, key)}: unknown key `{key}`{hint}")
        if not _fits(kind, value):
            raise ConfigError(f"{path}:{_line(text, key)}: `{key}` must be {_EXPECTED[kind]}")
        values[name] = _frozen(value)
    return replace(Config(), **values)


def _line(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().strip('"').startswith(key) or f".{key}]" in line:
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
    return isinstance(value, str)


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: tuple(item) for key, item in value.items()}
    return value
