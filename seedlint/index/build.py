"""Makes Summaries of Sources, in this process or in several, and keeps them."""

from __future__ import annotations

import ast
import gc
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from seedlint.index.cache import SummaryCache
from seedlint.index.lower import Lowering
from seedlint.index.summary import Summary
from seedlint.sources.notebook import without_bad_cells
from seedlint.sources.source import Problem, Source
from seedlint.stack import on_large_stack

if TYPE_CHECKING:
    from seedlint.engine import Counts

BYTES_FOR_PROCESSES = 6_000_000
"""Below this much text, starting processes costs more than they save."""


def summarize(source: Source) -> Summary | Problem:
    """The Summary of one source, or what its parser says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Lowering().module(ast.parse(source.text))
        except SyntaxError as error:
            if source.cells:
                return _without_bad_cells(source)
            return Problem(source.path, error.lineno or 1, error.offset or 1, f"cannot be parsed: {error.msg}")
        except (RecursionError, MemoryError):
            return Problem(source.path, 1, 1, "cannot be parsed: nested too deeply")
        except ValueError as error:
            return Problem(source.path, 1, 1, f"cannot be parsed: {error}")


def _without_bad_cells(source: Source) -> Summary | Problem:
    sound, problems = without_bad_cells(source)
    result = summarize(sound) if problems else Problem(source.path, 1, 1, "cannot be parsed")
    return replace(result, problems=tuple(problems)) if isinstance(result, Summary) else result


def summaries(
    sources: Sequence[Source], cache: SummaryCache, jobs: int, counts: Counts
) -> Iterator[tuple[Source, Summary | Problem]]:
    """The Summary of each source, in the sources' order."""
    known = {source.path: cache.get(content(source, source.digest)) for source in sources}
    missing = [source for source in sources if known[source.path] is None]
    counts.cache_hits += len(sources) - len(missing)
    counts.files_parsed += len(missing)
    fresh = dict(zip([s.path for s in missing], _parse_all(missing, jobs), strict=True))
    for source in missing:
        result = fresh[source.path]
        if isinstance(result, Summary) and not result.problems:
            cache.put(content(source, source.digest), result)
    cache.write()
    for source in sources:
        kept = known[source.path]
        yield source, kept if kept is not None else fresh[source.path]


def content(source: Source, digest: bytes) -> bytes:
    """What a Summary follows from, for bytes with this digest: they mean something else in a notebook."""
    return source.kind.encode() + digest


def _parse_all(sources: Sequence[Source], jobs: int) -> Iterable[Summary | Problem]:
    size = sum(len(source.text) for source in sources)
    if jobs > 1 and size > BYTES_FOR_PROCESSES:
        return _in_processes(sources, jobs)
    return _here(sources)


def _here(sources: Sequence[Source]) -> list[Summary | Problem]:
    """Parse without the collector: trees hold no cycles that have to be found before the end."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return [summarize(source) for source in sources]
    finally:
        if enabled:
            gc.enable()


def _in_processes(sources: Sequence[Source], jobs: int) -> list[Summary | Problem]:
    """Parse in chunks of about the same number of bytes."""
    from concurrent.futures import ProcessPoolExecutor

    size = sum(len(source.text) for source in sources)
    chunks: list[list[Source]] = [[]]
    filled = 0
    for source in sources:
        if filled > size / (4 * jobs):
            chunks.append([])
            filled = 0
        chunks[-1].append(source)
        filled += len(source.text)
    with ProcessPoolExecutor(jobs) as pool:
        return [result for part in pool.map(_deeply, chunks) for result in part]


def _deeply(sources: Sequence[Source]) -> list[Summary | Problem]:
    return on_large_stack(lambda: _here(sources))
