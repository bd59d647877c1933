"""Asking the tables about a dotted name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from seedlint.knowledge.loader import Table
from seedlint.knowledge.schema import (
    CallRow,
    ClassRow,
    RecipeRow,
    StreamRow,
    TestingRow,
    call_row,
    class_row,
    recipe_row,
    testing_row,
)

Version = tuple[int, ...]
LONGEST_ALIAS_CHAIN = 8
"""Aliases of aliases are followed this often, so that a circle ends."""


class Knowledge:
    """What the tables say; rows are made when first asked for.

    `versions` maps a table's library to the version to assume; without one, the newest. Of rows for
    one name those that hold in that version count. A name that only older versions had keeps the rows
    that ended last, because a program that calls it runs such a version.
    """

    def __init__(self, tables: Iterable[Table], versions: Mapping[str, Version] | None = None) -> None:
        self._versions = {library: _trimmed(version) for library, version in (versions or {}).items()}
        self._calls: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._classes: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._aliases: dict[str, str] = {}
        self._canonical: dict[str, str] = {}
        self._flags: dict[str, str] = {}
        self._environment: dict[str, str] = {}
        self._found_calls: dict[str, tuple[CallRow, ...]] = {}
        self._found_classes: dict[str, ClassRow | None] = {}
        self._found_attributes: dict[str, dict[str, str]] = {}
        self._found_methods: dict[tuple[str, str], tuple[str, tuple[CallRow, ...]] | None] = {}
        self._patterns_of: dict[str, dict[str, list[str]]] = {}
        self.streams: dict[str, StreamRow] = {}
        self._recipes: list[tuple[str, dict[str, Any]]] = []
        self._testing: list[tuple[str, dict[str, Any]]] = []
        roots: set[str] = set()
        digest = hashlib.blake2b(digest_size=16)
        for table in tables:
            digest.update(table.digest)
            roots.update(table.data.get("roots", ()))
            self._add(table.data.get("library", ""), table.data)
        digest.update(repr(sorted(self._versions.items())).encode())
        self.roots = frozenset(roots)
        self.digest = digest.digest()
        self._call_patterns = _patterns(self._calls)
        self.distinct_methods = self._find_distinct_methods()
        self._class_patterns = _patterns(self._classes)

    def _add(self, library: str, data: Mapping[str, Any]) -> None:
        for row in data.get("stream", ()):
            self.streams.setdefault(row["name"], StreamRow(library=library, **row))
        for row in data.get("alias", ()):
            self._aliases[row["from"]] = row["to"]
        for row in data.get("flag", ()):
            self._flags[row["attribute"]] = row["flag"]
        for row in data.get("environment", ()):
            self._environment[row["variable"]] = row["flag"]
        self._recipes += [(library, row) for row in data.get("recipe", ())]
        self._testing += [(library, row) for row in data.get("testing", ())]
        for kind, index in (("call", self._calls), ("class", self._classes)):
            for row in data.get(kind, ()):
                for name in row["names"]:
                    index.setdefault(name, []).append((library, row))

    def _find_distinct_methods(self) -> dict[str, str]:
        """Methods whose name alone tells the class, by name."""
        return {
            name.rpartition(".")[2]: name.rpartition(".")[0]
            for name, rows in self._calls.items()
            if any(row.get("anywhere") for _, row in rows)
        }

    def calls(self, qualified: str) -> tuple[CallRow, ...]:
        """All rows of a dotted name: of the name itself, else under its aliases, else of the longest `*`."""
        found = self._found_calls.get(qualified)
        if found is None:
            rows = self._calls.get(qualified) or self._calls.get(self.canonical(qualified))
            if rows is None:
                rows = self._starred(self.canonical(qualified), self._calls, self._call_patterns)
            found = self._found_calls[qualified] = self._holding(rows)
        return found

    def names(self) -> Iterable[str]:
        """The dotted names that have rows, starred ones included."""
        return self._calls.keys()

    def family(self, prefix: str) -> tuple[CallRow, ...]:
        """What most callables directly under a dotted name do, for one whose name is not known."""
        start = f"{self.canonical(prefix)}."
        inside = [name for name in self._calls if name.startswith(start) and "." not in name[len(start) :]]
        kinds: dict[tuple[object, ...], list[str]] = {}
        for name in inside:
            row = self.calls(name)[0]
            kinds.setdefault((row.draws, row.module, row.type), []).append(name)
        largest = max(kinds.values(), key=len, default=[])
        return self.calls(largest[0]) if 2 * len(largest) > len(inside) else ()

    def class_(self, qualified: str) -> ClassRow | None:
        """The class of a dotted name, looked up as `calls` does."""
        if qualified not in self._found_classes:
            rows = self._classes.get(qualified) or self._classes.get(self.canonical(qualified))
            if rows is None:
                rows = self._starred(self.canonical(qualified), self._classes, self._class_patterns)
            self._found_classes[qualified] = class_row(*rows[0]) if rows else None
        return self._found_classes[qualified]

    def method(self, class_name: str, method: str) -> tuple[str, tuple[CallRow, ...]] | None:
        """The rows of a method and the class of the tables that has it; bases are searched depth first."""
        key = (class_name, method)
        if key not in self._found_methods:
            self._found_methods[key] = self._find_method(class_name, method, set())
        return self._found_methods[key]

    def attribute(self, class_name: str, name: str) -> str | None:
        """The class of an attribute that the instances of a class have, or None."""
        known = self._found_attributes.get(class_name)
        if known is None:
            rows = [row for row in map(self.class_, reversed(self.bases(class_name))) if row is not None]
            known = self._found_attributes[class_name] = {item: kind for row in rows for item, kind in row.attributes}
        return known.get(name)

    def lacks(self, class_name: str, name: str) -> bool:
        """Whether the instances of a class are known to have no such attribute of their own."""
        return any(row is not None and name in row.lacks for row in map(self.class_, self.bases(class_name)))

    def bases(self, class_name: str) -> tuple[str, ...]:
        """The class and all its bases in the tables, depth first, under their canonical names."""
        order: dict[str, None] = {}
        stack = [class_name]
        while stack:
            name = self.canonical(stack.pop())
            if name not in order:
                order[name] = None
                row = self.class_(name)
                stack.extend(reversed(row.bases if row else ()))
        return tuple(order)

    def canonical(self, qualified: str) -> str:
        """The name after aliases; the longest matching prefix decides. A name that has rows stays."""
        found = self._canonical.get(qualified)
        if found is None:
            found = self._canonical[qualified] = self._after_aliases(qualified)
        return found

    def _after_aliases(self, qualified: str) -> str:
        for _ in range(LONGEST_ALIAS_CHAIN):
            if qualified in self._calls or qualified in self._classes:
                break
            prefix = qualified
            while prefix and prefix not in self._aliases:
                prefix = prefix.rpartition(".")[0]
            if not prefix:
                break
            qualified = self._aliases[prefix] + qualified[len(prefix) :]
        return qualified

    def flag(self, attribute: str) -> str | None:
        """The flag that assigning this dotted attribute sets."""
        return self._flags.get(attribute) or self._flags.get(self.canonical(attribute))

    def environment(self, variable: str) -> str | None:
        """The flag that assigning this environment variable sets."""
        return self._environment.get(variable)

    def attribute_of(self, flag: str) -> str | None:
        """The dotted attribute whose assignment sets a flag."""
        return next((attribute for attribute, name in self._flags.items() if name == flag), None)

    def variable_of(self, flag: str) -> str | None:
        """The environment variable that sets a flag."""
        return next((variable for variable, name in self._environment.items() if name == flag), None)

    def recipes(self) -> tuple[RecipeRow, ...]:
        """How fixes seed streams, in the tables' order."""
        return tuple(recipe_row(library, row) for library, row in self._recipes)

    def testing(self, *roles: str) -> tuple[TestingRow, ...]:
        """What plays one of these roles for a test runner, in the tables' order."""
        return tuple(testing_row(library, row) for library, row in self._testing if row["role"] in roles)

    def is_known_root(self, name: str) -> bool:
        """Whether some table describes the library that a dotted name starts in."""
        return name.partition(".")[0] in self.roots

    def _find_method(self, class_name: str, method: str, seen: set[str]) -> tuple[str, tuple[CallRow, ...]] | None:
        class_name = self.canonical(class_name)
        if class_name in seen:
            return None
        seen.add(class_name)
        name = f"{class_name}.{method}"
        rows = self._calls.get(name)
        if rows is None:
            rows = self._starred(name, self._calls, self._method_patterns(class_name))
        found = self._holding(rows)
        if found:
            return class_name, found
        row = self.class_(class_name)
        for base in row.bases if row else ():
            inherited = self._find_method(base, method, seen)
            if inherited is not None:
                return inherited
        return None

    def _method_patterns(self, class_name: str) -> dict[str, list[str]]:
        """The starred names that can be those of a method of a class."""
        found = self._patterns_of.get(class_name)
        if found is None:
            near = _near(self._call_patterns, class_name)
            found = {"": [pattern for pattern in near if _may_be_of(pattern, class_name)]}
            self._patterns_of[class_name] = found
        return found

    @staticmethod
    def _starred(
        name: str, index: dict[str, list[tuple[str, dict[str, Any]]]], patterns: dict[str, list[str]]
    ) -> list[tuple[str, dict[str, Any]]]:
        for pattern in _near(patterns, name):
            if _matches(pattern, name):
                return index[pattern]
        return []

    def _holding(self, rows: list[tuple[str, dict[str, Any]]] | None) -> tuple[CallRow, ...]:
        """The rows that hold in the version to assume."""
        if not rows:
            return ()
        holding = [item for item in rows if self._holds(*item)]
        if not holding:
            ends = [(parse_version(row["until"]), (lib, row)) for lib, row in rows if self._ended(lib, row)]
            last = max((end for end, _ in ends), default=())
            holding = [item for end, item in ends if end == last]
        return tuple(call_row(library, row) for library, row in holding)

    def _holds(self, library: str, row: Mapping[str, Any]) -> bool:
        version = self._versions.get(library)
        if version is None:
            return "until" not in row
        since, until = row.get("since"), row.get("until")
        return (since is None or parse_version(since) <= version) and (until is None or version < parse_version(until))

    def _ended(self, library: str, row: Mapping[str, Any]) -> bool:
        if "until" not in row:
            return False
        version = self._versions.get(library)
        return version is None or parse_version(row["until"]) <= version


def parse_version(text: str) -> Version:
    """The numbers of a dotted version without trailing zeros; `1.9.0` is (1, 9)."""
    return _trimmed(tuple(int(part) for part in text.split(".")))


def _trimmed(version: Version) -> Version:
    while version and version[-1] == 0:
        version = version[:-1]
    return version


def _patterns(index: Mapping[str, object]) -> dict[str, list[str]]:
    """The starred names by the library that they start in, the most telling first; those of any library under ""."""
    starred = sorted((name for name in index if "*" in name), key=lambda name: (-len(name), name))
    first = {name: name.partition("*")[0].partition(".") for name in starred}
    roots = {root for root, dot, _ in first.values() if dot} | {""}
    return {root: [name for name in starred if not first[name][1] or first[name][0] == root] for root in roots}


def _near(patterns: dict[str, list[str]], name: str) -> list[str]:
    """The patterns that names of the same library may match."""
    return patterns.get(name.partition(".")[0]) or patterns.get("", [])


def _matches(pattern: str, name: str) -> bool:
    """Whether a `*` after a dot is any names, and one that ends a name is the rest of that name."""
    before, _, after = pattern.partition("*")
    if not (name.startswith(before) and name.endswith(after) and len(name) >= len(before) + len(after)):
        return False
    return before.endswith(".") or not before or "." not in name[len(before) : len(name) - len(after)]


def _may_be_of(pattern: str, class_name: str) -> bool:
    """Whether a starred name can be that of a method of a class; one of any library is a function's."""
    before, _, after = pattern.partition("*")
    return before.startswith(f"{class_name}.") or ("." in after and before != "" and class_name.startswith(before))
