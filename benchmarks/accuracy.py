"""What seedlint and its peers find of labelled draws: `python benchmarks/accuracy.py BENCH CORPUS`.

BENCH holds labels, mutations and the script that scores a tool's output against them; CORPUS the code that
they speak of. Each peer gets a virtual environment of its own; one that cannot be installed is left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speed import Bench


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool: its environment, its command, and how the scorer reads what it prints.

    `codes` maps the tool's codes to what they are about, for the scorer; "" takes the scorer's own map.
    """

    name: str
    environment: str
    command: str
    adapter: str
    codes: str | dict[str, str]


PEERS = (
    Peer(
        "seedlint", "seedlint", "-m seedlint {root} --output-format json --no-cache", "seedlint", "codes-seedlint.json"
    ),
    Peer(
        "ruff (NPY002, S311)",
        "ruff",
        "-m ruff check --isolated --no-cache --select NPY002,S311 --output-format json {root}",
        "ruff",
        {"NPY002": "draw", "S311": "draw"},
    ),
    Peer(
        "torch-preflight",
        "torch-preflight",
        "-m torch_preflight check --select TG008 -f json {root}",
        "seedlint",
        {"TG008": "draw"},
    ),
    Peer("nborder", "nborder", "-m nborder check {root}", "text", {"*": "draw"}),
    Peer(
        "dslinter",
        "dslinter",
        "-m pylint --load-plugins=dslinter --disable=all --enable=dslinter -f json {root}",
        "dslinter",
        {"*": "draw"},
    ),
)


def score(peer: Peer, python: Path, bench: Path, corpus: Path) -> dict[str, Any]:
    """What the scorer says of one tool."""
    with tempfile.TemporaryDirectory() as place:
        codes, out = Path(place) / "codes.json", Path(place) / "out.json"
        codes.write_text((bench / peer.codes).read_text() if isinstance(peer.codes, str) else json.dumps(peer.codes))
        command = [sys.executable, str(bench / "score.py"), "--corpus", str(corpus), "--mutations"]
        command += ["--cmd", f"{python} {peer.command}", "--adapter", peer.adapter]
        command += ["--codes", str(codes), "--out", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=bench)
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def row(name: str, report: dict[str, Any]) -> str:
    """One line of the table."""
    counts = report["labels"]["both/ALL"]
    noticed = f"{report['mutations']['both'].get('killed', 0)} of {len(report['mutation_detail'])}"
    return f"| {name} | {counts['tp']} of {counts['bad']} | {counts['fp']} of {counts['ok']} | {noticed} |"


def main() -> None:
    """Score every tool that can be installed, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "seedlint-benchmarks")
    parser.add_argument("--peer", action="append", choices=[peer.name for peer in PEERS], help="only these tools")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.folder)
    print("| | unseeded draws found | covered draws reported | removed seeds noticed |")
    print("| --- | --: | --: | --: |")
    for peer in [peer for peer in PEERS if not options.peer or peer.name in options.peer]:
        python = bench.python(peer.environment)
        if python is not None:
            print(row(peer.name, score(peer, python, options.bench.resolve(), options.corpus.resolve())), flush=True)
    if bench.missing:
        print(f"\nNot installed here: {', '.join(bench.missing)}.")


if __name__ == "__main__":
    main()
