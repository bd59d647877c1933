"""What an edit costs: `python benchmarks/edits.py [--corpus NAME] [--edits N]`.

In each of N places, drawn with a fixed seed from all statements of a package, a statement is added before one
that is there. Each time seedlint runs twice with the same cache: before the edit, with nothing changed, and
after it. What is printed is how much longer the second run took.
"""

from __future__ import annotations

import argparse
import ast
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from speed import CORPORA, Bench, Measure, Tool, age, machine, run

SOON = 0.1
"""Seconds that an edit may cost without being noticed."""
Place = tuple[Path, int, int]
"""A file, and the line and column of a statement in it."""


def places(folder: Path) -> Iterator[Place]:
    """Where a statement can be added: before each one that begins a line, but for `elif` and future imports."""
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        lines = text.split("\n")
        for node in ast.walk(tree):
            if not isinstance(node, ast.stmt) or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                continue
            line = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
            before, rest = lines[line - 1][: node.col_offset], lines[line - 1][node.col_offset :]
            if not before.strip() and not rest.startswith("elif"):
                yield path, line, node.col_offset


def edit(place: Place, number: int) -> str | None:
    """Add a statement, and give back the text of before; None where the file would not parse."""
    path, line, column = place
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    lines.insert(line - 1, f"{' ' * column}edited = {number}")
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        return None
    path.write_text("\n".join(lines), encoding="utf-8")
    return text


def costs(folder: Path, tool: Tool, edits: int) -> list[float]:
    """How many seconds longer a run takes after each edit than before it."""
    found = list(places(folder))
    draw = random.Random(0)
    out: list[float] = []
    while len(out) < edits:
        place = draw.choice(found)
        run(tool, folder, Measure())
        measure = Measure()
        run(tool, folder, measure)
        text = edit(place, len(out))
        if text is None:
            continue
        try:
            run(tool, folder, measure)
        finally:
            place[0].write_text(text, encoding="utf-8")
            age(folder)
        before, after = measure.seconds
        out.append(after - before)
    return out


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "seedlint-benchmarks")
    parser.add_argument("--corpus", action="append", choices=[corpus.name for corpus in CORPORA])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.folder)
    own = bench.python("seedlint")
    if own is None:
        sys.exit("seedlint could not be installed")
    cache = options.folder / "cache"
    words = ["-m", "seedlint", "--jobs", "1", "--exit-zero", "--cache-dir", str(cache)]
    tool = Tool("seedlint", "", lambda folder: [str(own), *words, str(folder)], statuses=(0, 2))
    print(f"{options.edits} edits on {machine()}; seconds more than with nothing changed")
    for corpus in CORPORA:
        if options.corpus and corpus.name not in options.corpus:
            continue
        began = time.perf_counter()
        seconds = sorted(costs(bench.corpus(corpus), tool, options.edits))
        soon = sum(value <= SOON for value in seconds)
        print(
            f"{corpus.name}: median {statistics.median(seconds):.2f}, range {seconds[0]:.2f} to {seconds[-1]:.2f}, "
            f"{soon} of {len(seconds)} at most {SOON} ({time.perf_counter() - began:.0f} s in all)",
            flush=True,
        )


if __name__ == "__main__":
    main()
