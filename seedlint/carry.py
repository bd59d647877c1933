"""Carries a result over changes to files that nothing which led to it has read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from seedlint.recall import Base, pack
from seedlint.sources.source import Problem, Source, may_suppress

if TYPE_CHECKING:
    from seedlint.index.cache import SummaryCache

MOST_CHANGED = 20
"""Files that may have changed; with more, a run from the summaries costs less than to compare them."""


class Files(Protocol):
    """The files of a project as they are now."""

    digests: list[tuple[str, bytes]]
    problems: list[Problem]

    def source(self, path: Path) -> Source | None:
        """The text of one of them."""


def carried(base: Base, files: Files, summaries: SummaryCache) -> tuple[dict[str, Any], int] | None:
    """(the result as it is for the files now, how many were parsed for that), or None where it may be another."""
    names = [name for name, _ in files.digests]
    if files.problems or names != [name for name, _ in base.files]:
        return None
    pairs = zip(base.files, files.digests, strict=True)
    changed = [(name, before) for (name, before), (_, now) in pairs if before != now]
    if len(changed) > MOST_CHANGED:
        return None
    said = "\n".join(_texts(pack([base.result["findings"], base.result["problems"]])))
    commented = set(base.commented)
    for name, before in changed:
        source = files.source(Path(name))
        if source is None or source.root_path in said or source.path in said:
            return None
        if not _still_holds(base, source, before, summaries):
            return None
        commented.discard(source.path)
        if may_suppress(source.text):
            commented.add(source.path)
    return {**base.result, "commented": sorted(commented)}, len(changed)


def _still_holds(base: Base, source: Source, before: bytes, summaries: SummaryCache) -> bool:
    """Whether a file leads to the same run as the one with the digest that it had before."""
    from seedlint.index.build import content, summarize

    old = summaries.get(content(source, before))
    new = summarize(source) if old is not None else None
    if old is None or new is None or isinstance(new, Problem):
        return False
    return base.readings.still_hold(source.root_path, old, new)


def _texts(value: Any) -> Iterator[str]:
    """All texts in what is kept of findings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _texts(item)
