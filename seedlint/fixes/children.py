"""Seeds at the top of the function that a child process runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from seedlint.fixes.book import Book
from seedlint.fixes.place import Stretch, spots_of
from seedlint.fixes.seeding import Way, calls, put
from seedlint.fixes.value import Value, at_hand
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment
from seedlint.syntax.page import Function, Page, first_line, last_line

_RANK = re.compile(r"(?:local_|global_|worker_|process_)?(?:rank|gpu|worker|idx|index|id|i|wid|pid|proc)(?:_?id)?")


def seed_child(book: Book, draws: Sequence[Moment], streams: Sequence[str]) -> Iterator[Way]:
    """Seeds from the child's own argument and rank, if its function is found and is no constructor."""
    spot = _first_inside(draws[0])
    function = book.page(spot.module).function_around(spot.pos) if spot is not None else None
    if spot is None or function is None or function.name == "__init__":
        return
    page, body = book.page(spot.module), function.body
    bound = next((i for _, found, i in page.way_to(spot.pos) if found is body), 0)
    stretch = Stretch(page, spot.module, body, bound, function)
    value = at_hand(page, body, bound, function, book.seed)
    index = max(stretch.top, value.after + 1)
    rank = None if _called_plainly(page, function) else _rank(function)
    text = f"{value.text} + {rank}" if rank and rank != value.text else value.text
    line = first_line(body[index]) if index < len(body) else last_line(body[-1]) + 1
    wanted = calls(book, streams, stretch, Value(text), line, body)
    if wanted is None:
        return
    lines, imports = wanted
    change = put(page, body, index, lines)
    if change is not None:
        yield Way([(spot.module, c) for c in (*imports, *value.changes, change)], value.reason)


def _called_plainly(page: Page, function: Function) -> bool:
    """Whether the function is called in its own file as well, where what says its rank may be None."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name
        for node in page.nodes
    )


def started_in(process: str, inherits: bool = False) -> str:
    """The part of a process's name up to the last child, or nothing; one that `inherits` is left out."""
    parts = process.split("/")
    kinds = ("spawn:", "forkserver:") if inherits else ("spawn:", "forkserver:", "fork:")
    fresh = [i for i, part in enumerate(parts) if part.startswith(kinds)]
    return "/".join(parts[: fresh[-1] + 1]) if fresh else ""


def _first_inside(draw: Moment) -> Spot | None:
    """The first place on the way to a draw that lies in the child: behind the call that starts it."""
    line = int(started_in(draw.process).rpartition(":")[2] or -1)
    spots = spots_of(draw)
    for index, spot in enumerate(spots[:-1]):
        if spot.pos[0] == line:
            rest = [other for other in spots[index + 1 :] if other != spot]
            return rest[0] if rest else None
    return None


def _rank(function: Function) -> str | None:
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    return next((name for name in names if _RANK.fullmatch(name)), None)
