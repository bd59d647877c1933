"""Whether a changed file still says the same to what has read it, so that what was found holds.

A program is run on the top level of its modules, and on the bodies of the functions that are reached. Where
these are the same but for the lines that they stand on, and other bodies mention nothing else that may matter,
the same run follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from seedlint.flow.lexicon import Lexicon, gives_function, mentions
from seedlint.index.summary import Position, Summary

_STATEMENTS = frozenset(
    {
        "expr", "assert", "assign", "annotate", "augment", "if", "while", "for", "try", "with", "match",
        "return", "raise", "break", "continue", "import", "from", "def", "class",
    }
)  # fmt: skip
_HOLDS_FUNCTION = {("def", 3): 2, ("lambda", 2): 1, ("gen", 3): 2}
"""Where the function lies in a tuple of this kind and length."""
_POSITION, _BODY = 1, 3


@dataclass(frozen=True, slots=True)
class Readings:
    """What a run has read of a program, beside the top level of each module.

    `executed` holds where the functions lie whose bodies were run, by the file's path from the root; `searched` the
    files whose other functions were searched for names of interest, among these the method names `methods`.
    """

    executed: dict[str, frozenset[Position]] = field(default_factory=dict)
    searched: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()

    def still_hold(self, path: str, old: Summary, new: Summary) -> bool:
        """Whether a file's new Summary leads to the same run as its old one."""
        if (old.imports, old.main, old.tests) != (new.imports, new.main, new.tests) or old.problems or new.problems:
            return False
        executed: frozenset[Position] | None = self.executed.get(path, frozenset())
        names = None
        if path in self.searched:
            lexicon = Lexicon(new.body)
            if lexicon.stars:
                executed = None
            names = frozenset([*lexicon.imports, *lexicon.units])
        try:
            return _Comparison(executed, names, self.methods).same(old.body, new.body)
        except RecursionError:
            return False


class _Comparison:
    """Compares two trees but for places, and for bodies that no run has read; without `executed` each was."""

    def __init__(
        self, executed: frozenset[Position] | None, names: frozenset[str] | None, methods: frozenset[str]
    ) -> None:
        self.executed = executed
        self.names = names
        self.methods = methods

    def same(self, old: Any, new: Any) -> bool:
        """Whether two trees say the same."""
        if type(old) is not type(new):
            return False
        if type(old) is not tuple:
            return repr(old) == repr(new)
        if len(old) != len(new):
            return False
        if not old or _is_position(old):
            return not old or _is_position(new)
        kind, begin = old[0], 0
        if type(kind) is str:
            if kind != new[0]:
                return False
            begin = 2 if kind in _STATEMENTS and len(old) > 1 and type(old[1]) is int else 1
            at = _HOLDS_FUNCTION.get((kind, len(old)))
            if at is not None and _is_function(old[at]) and _is_function(new[at]):
                return self._function(old[at], new[at]) and self.same(old[begin:at], new[begin:at])
        return all(map(self.same, old[begin:], new[begin:]))

    def _function(self, old: Any, new: Any) -> bool:
        head = [i for i in range(len(old)) if i not in (_POSITION, _BODY)]
        if not all(self.same(old[i], new[i]) for i in head):
            return False
        if self.executed is None or old[_POSITION] in self.executed:
            return self.same(old[_BODY], new[_BODY])
        return self.names is None or self._mention_alike(old[_BODY], new[_BODY])

    def _mention_alike(self, old: Any, new: Any) -> bool:
        """Whether two bodies differ only in names that are their own."""
        assert self.names is not None
        before, after = mentions(old), mentions(new)
        if gives_function(old) is not gives_function(new) or not self.same(tuple(before.imports), tuple(after.imports)):
            return False
        if not (before.attributes ^ after.attributes).isdisjoint(self.methods):
            return False
        return all(chain[0] not in self.names for chain in before.chains ^ after.chains)


def _is_position(node: Any) -> bool:
    return len(node) == 4 and all(type(part) is int for part in node)


def _is_function(node: Any) -> bool:
    return type(node) is tuple and len(node) == 7 and type(node[_POSITION]) is tuple
