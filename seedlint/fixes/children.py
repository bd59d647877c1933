"""Seeds at the top of the function that a child process runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from seedlint.fixes.book import Book
from seedlint.fixes.place import spots_of
from seedlint.fixes.seeding import Changes, written
from seedlint.fixes.value import at_hand
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment
from seedlint.syntax.page import Function, first_line, last_line

_RANK = re.compile(r"(?:local_|global_|worker_|process_)?(?:rank|gpu|worker|idx|index|id|i|wid|pid|proc)(?:_?id)?")


def seed_child(book: Book, draws: Sequence[Moment], streams: Sequence[str]) -> Iterator[Changes]:
    """Seeds from the child's own argument and rank, if its function is found."""
    spot = _first_inside(draws[0])
    if spot is None:
        return
    page = book.page(spot.module)
    function = page.function_around(spot.pos)
    if function is None:
        return
    body = function.body
    top = 1 if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1 else 0
    bound = next((i for _, found, i in page.way_to(spot.pos) if found is body), top)
    value = at_hand(page, body, bound, function, book.seed)
    index = max(top, value.after + 1)
    rank = _rank(function)
    text = f"{value.text} + {rank}" if rank and rank != value.text else value.text
    line = first_line(body[index]) if index < len(body) else last_line(body[-1]) + 1
    wanted = written(book, page, streams, text, line, body)
    if wanted is None:
        return
    lines, imports = wanted
    change = page.before(body, index, lines)
    if change is not None:
        yield [(spot.module, c) for c in (*imports, *value.changes, change)]


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
