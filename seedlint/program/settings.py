"""Configuration files that a program reads while it runs: YAML and JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from seedlint.index.stamps import digest_of

LARGEST = 1024 * 1024
"""Larger files, in bytes, hold data, not settings."""
MOST_VALUES = 20_000
"""Files that hold more values, an alias counted each time that it is used, hold data, not settings."""
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_PACKAGE = re.compile(r"\s*#\s*@package\s+(\S+)")


@dataclass(slots=True)
class Settings:
    """The configuration files below one root; `read_files` has the digest of each that was asked for."""

    root: Path | None
    read_files: dict[str, bytes | None] = field(default_factory=dict)
    _texts: dict[str, str | None] = field(default_factory=dict)

    def load(self, path: str) -> Any:
        """What a file at a path from the root holds; None if it is not there or cannot be read."""
        text = self._text(path)
        if text is None:
            return None
        try:
            found = json.loads(text) if path.endswith(".json") else _yaml(text)
        except (ValueError, RecursionError):
            return None
        return found if _is_small(found) else None

    def compose(self, folder: str, name: str) -> Any:
        """What Hydra makes of a configuration: its defaults list merged, groups under their names."""
        return self._compose(folder, name.removesuffix(".yaml"), 0)

    def _compose(self, folder: str, name: str, depth: int) -> Any:
        path = _normal(f"{folder}/{name}.yaml")
        own = self.load(path) if path is not None and depth < 8 else None
        if not isinstance(own, dict):
            return own
        parts = own.pop("defaults", None)
        out: dict[str, Any] = {}
        merged = False
        for part in parts if isinstance(parts, list) else ():
            if part == "_self_":
                _merge(out, own)
                merged = True
            elif isinstance(part, str):
                _merge(out, self._compose(folder, part, depth + 1))
            elif isinstance(part, dict) and len(part) == 1:
                self._add_group(out, folder, *next(iter(part.items())), depth)
        return out if merged else _merge(out, own)

    def _add_group(self, out: dict[str, Any], folder: str, group: Any, choice: Any, depth: int) -> None:
        group = str(group).removeprefix("optional ")
        if group.startswith(("override ", "hydra/")) or not isinstance(choice, str):
            return
        group, _, package = group.partition("@")
        found = self._compose(f"{folder}/{group}", choice, depth + 1)
        text = self._text(_normal(f"{folder}/{group}/{choice.removesuffix('.yaml')}.yaml") or "") or ""
        header = _PACKAGE.match(text)
        package = package or (header[1] if header else "")
        target = out
        if package != "_global_":
            for key in (package or group).replace("/", ".").split("."):
                target = target.setdefault(key, {}) if isinstance(target.get(key, {}), dict) else {}
        _merge(target, found)

    def _text(self, path: str) -> str | None:
        return self.text(path) if PurePosixPath(path).suffix in _SUFFIXES else None

    def text(self, path: str) -> str | None:
        """The text of a file at a path from the root; None if it is not there or cannot be read."""
        if path not in self._texts:
            data = None
            file = self.root / path if self.root is not None and path else None
            if file is not None:
                try:
                    data = file.read_bytes() if file.stat().st_size <= LARGEST else None
                except OSError:
                    data = None
                self.read_files[str(file)] = digest_of(file)
            self._texts[path] = None if data is None else data.decode("utf-8", "replace")
        return self._texts[path]


def joined(folder: str, path: str) -> str | None:
    """A path from the root, of one that is written from a folder; None if it leads out of the root."""
    return _normal(f"{folder}/{path}")


def _normal(path: str) -> str | None:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _yaml(text: str) -> Any:
    """The first document of a YAML text. Raises ValueError for what is no YAML."""
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _is_small(found: Any) -> bool:
    """Whether a walk of all values ends soon; aliases can make a short text large, or endless."""
    waiting = [found]
    for _ in range(MOST_VALUES):
        if not waiting:
            return True
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _merge(into: dict[str, Any], other: Any) -> dict[str, Any]:
    """Put one mapping's entries over another's, mappings within them likewise."""
    for key, value in other.items() if isinstance(other, dict) else ():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
    return into
