"""How long seedlint takes beside its peers: `python benchmarks/speed.py [--rounds N] [--readme README.md]`.

Public packages, pinned by version, are obtained by pip; each peer gets a virtual environment of its own.
All commands run in turn, once in each round, so that what else the machine does meets all of them alike.
What is written is the median of the rounds with their range, and the peak memory of one process.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
PARSE = "import sys, time; from pathlib import Path; sys.setrecursionlimit(20000)\n{imports}\n" + (
    "for path in sorted(Path(sys.argv[1]).rglob('*.py')):\n"
    "    try: {parse}(path.read_bytes())\n"
    "    except Exception: pass\n"
)
AST = PARSE.format(imports="import ast, warnings; warnings.simplefilter('ignore')", parse="ast.parse")
LIBCST = PARSE.format(imports="import libcst", parse="libcst.parse_module")


@dataclass(frozen=True, slots=True)
class Corpus:
    """A package: what pip is asked for, and which part of it is checked; `slow` tools run on it as well."""

    name: str
    requirement: str
    part: str
    slow: bool = False
    source: bool = False


CORPORA = (
    Corpus("Django", "Django==5.1.4", "", source=True),
    Corpus("timm", "timm==1.0.12", "timm", slow=True),
    Corpus("torchvision", "torchvision==0.20.1", "torchvision"),
    Corpus("scikit-learn", "scikit-learn==1.6.0", "sklearn"),
    Corpus("transformers", "transformers==4.47.0", "transformers"),
    Corpus("ultralytics", "ultralytics==8.3.50", "", source=True),
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What the tools are run in: Python, and what runs in it, keep what they compile, as they do unless told otherwise."""
EVERY = "torchvision, a draw in each file"
SMALL = "one clean small file"
ENVIRONMENTS = {
    "seedlint": [str(ROOT)],
    "flake8": ["flake8==7.1.1"],
    "flake8-seedlint": ["flake8==7.1.1", str(ROOT)],
    "flake8-torchfix": ["flake8==7.1.1", "torchfix==0.7.0"],
    "fixit": ["fixit==2.1.0"],
    "ruff": ["ruff==0.8.4"],
    "bandit": ["bandit==1.8.0"],
    "torch-preflight": ["torch-preflight"],
    "nborder": ["nborder==0.1.4"],
    "dslinter": ["dslinter==2.0.9"],
}


@dataclass(slots=True)
class Tool:
    """One row: its command, given a corpus' folder, and what is done before each run."""

    name: str
    environment: str
    command: Callable[[Path], list[str]]
    before: Callable[[Path], None] = lambda folder: None
    slow: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    statuses: tuple[int, ...] = (0, 1)


@dataclass(slots=True)
class Measure:
    """What the runs of one tool on one corpus took, in seconds and bytes."""

    seconds: list[float] = field(default_factory=list)
    memory: int = 0


class Bench:
    """The folder with packages, environments and caches, and the tools that are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing: list[str] = []
        self.edits = 0

    def corpus(self, corpus: Corpus) -> Path:
        """The unpacked package."""
        target = self.folder / "corpora" / corpus.requirement
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=self.folder) as place:
                how = ["--no-binary", ":all:", "--no-build-isolation"] if corpus.source else ["--only-binary", ":all:"]
                pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *how, "-d", place]
                subprocess.run([*pip, corpus.requirement], check=True)
                (archive,) = Path(place).iterdir()
                unpacked = Path(place) / "unpacked"
                if archive.suffix == ".whl":
                    zipfile.ZipFile(archive).extractall(unpacked)
                else:
                    with tarfile.open(archive) as packed:
                        packed.extractall(unpacked, filter="data")
                    (unpacked,) = unpacked.iterdir()
                shutil.copytree(unpacked / corpus.part, target)
        age(target)
        return target

    def with_a_draw_in_each_file(self, folder: Path) -> Path:
        """A copy in which every file has a finding."""
        target = self.folder / "corpora" / "every"
        if not target.exists():
            shutil.copytree(folder, target)
            for number, path in enumerate(sorted(target.rglob("*.py"))):
                with path.open("a", encoding="utf-8") as file:
                    file.write(f"\n\nimport torch\n\nif __name__ == '__main__':\n    drawn_{number} = torch.rand(3)\n")
        age(target)
        return target

    def small(self) -> Path:
        """A file with nothing to report."""
        target = self.folder / "corpora" / "small"
        target.mkdir(parents=True, exist_ok=True)
        text = "import torch\n\ntorch.manual_seed(0)\nmodel = torch.nn.Linear(3, 3)\nprint(model(torch.rand(3)))\n"
        (target / "train.py").write_text(text)
        age(target)
        return target

    def python(self, name: str) -> Path | None:
        """The interpreter of an environment, made when it is first needed; None if it cannot be installed."""
        python = self.folder / "environments" / name / ("Scripts" if os.name == "nt" else "bin") / "python"
        ready = python.parent.parent / "ready"
        if not ready.exists() or name in ("seedlint", "flake8-seedlint"):
            subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
            install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            again = ["--force-reinstall", "--no-deps"] if ready.exists() else []
            wanted = [str(ROOT)] if again else ENVIRONMENTS[name]
            if subprocess.run([*install, *again, *wanted], check=False).returncode:
                self.missing.append(name)
                return None
            ready.write_text("")
        return python

    def edit(self, folder: Path, form: str) -> None:
        """Change one file in the middle of a project: what stands at its end becomes `form` with a new number."""
        files = sorted(folder.rglob("*.py"))
        self.edits += 1
        path = files[len(files) // 2]
        text = path.read_text(encoding="utf-8").partition("\n# edited")[0]
        path.write_text(f"{text}\n# edited\n{form.format(self.edits)}\n", encoding="utf-8")


def age(folder: Path) -> None:
    """Let files have been written long ago, as those of a repository mostly are."""
    past = time.time() - 3600
    for path in folder.rglob("*.py"):
        if path.stat().st_mtime > past:
            os.utime(path, (past, past))


def tools(bench: Bench) -> list[Tool]:
    """Every row of the table that can be installed here."""
    own, flake8 = bench.python("seedlint"), bench.python("flake8-seedlint")
    assert own is not None
    assert flake8 is not None
    cache, other = bench.folder / "cache", bench.folder / "flake8-cache"
    warm = [str(own), "-m", "seedlint", "--jobs", "1", "--exit-zero", "--cache-dir", str(cache)]
    kept = {"SEEDLINT_CACHE_DIR": str(other)}

    def fill(folder: Path) -> None:
        subprocess.run([*warm, str(folder)], check=False, capture_output=True, cwd=folder.parent)

    def fill_other(folder: Path) -> None:
        command = [str(flake8), "-m", "seedlint", "--exit-zero", "--cache-dir", str(other), str(folder)]
        subprocess.run(command, check=False, capture_output=True, cwd=folder.parent)

    def clear(folder: Path) -> None:
        shutil.rmtree(other, ignore_errors=True)

    def changing(form: str) -> Callable[[Path], None]:
        def change(folder: Path) -> None:
            bench.edit(folder, form)
            fill(folder)
            bench.edit(folder, form)

        return change

    def call(python: Path, *words: str) -> Callable[[Path], list[str]]:
        return lambda folder: [str(python), *words, str(folder)]

    lint = ("-m", "flake8", "-j", "1", "--isolated", "--exit-zero")
    unreadable = (0, 2)  # Django has a file that is wrong on purpose
    out = [
        Tool("an empty Python", "", lambda folder: [str(own), "-c", "pass"]),
        Tool("bare `ast.parse`", "", call(own, "-c", AST)),
        Tool("bare `libcst.parse_module`", "", call(own, "-c", LIBCST)),
        Tool(
            "seedlint, no cache",
            "",
            call(own, "-m", "seedlint", "--jobs", "1", "--exit-zero", "--no-cache"),
            statuses=unreadable,
        ),
        Tool("seedlint, nothing changed", "", call(own, *warm[1:]), fill, statuses=unreadable),
        Tool("seedlint, one comment changed", "", call(own, *warm[1:]), changing("# {}"), statuses=unreadable),
        Tool("seedlint, one statement changed", "", call(own, *warm[1:]), changing("edited = {}"), statuses=unreadable),
        Tool("flake8 with seedlint, no cache", "", call(flake8, *lint), clear, variables=kept),
        Tool("flake8 with seedlint, nothing changed", "", call(flake8, *lint), fill_other, variables=kept),
    ]
    for environment, name, slow, words in (
        ("flake8", "flake8", False, lint),
        ("flake8-torchfix", "flake8 with TorchFix", True, (*lint, "--select", "TOR")),
        ("fixit", "Fixit", True, ("-m", "fixit", "lint")),
        (
            "ruff",
            "ruff (NPY, S311)",
            False,
            ("-m", "ruff", "check", *["--isolated", "--exit-zero", "--no-cache", "--select=NPY,S311"]),
        ),
        ("bandit", "bandit (B311)", False, ("-m", "bandit", "-q", "-r", "-t", "B311")),
        (
            "torch-preflight",
            "torch-preflight",
            True,
            ("-m", "torch_preflight", "check", "-j", "1", "--select", "TG008"),
        ),
    ):
        python = bench.python(environment)
        if python is not None:
            out.append(Tool(name, environment, call(python, *words), slow=slow))
    return out


def run(tool: Tool, folder: Path, measure: Measure) -> None:
    """Run a tool once."""
    tool.before(folder)
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            tool.command(folder),
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**ENVIRONMENT, **tool.variables},
            cwd=folder.parent,
        )
        _, status, usage = os.wait4(process.pid, 0)
        measure.seconds.append(time.perf_counter() - began)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    if process.returncode not in tool.statuses or "Traceback" in text or "internal error" in text:
        sys.exit(f"{tool.name} ended with status {process.returncode}: {' '.join(tool.command(folder))}\n{text}")
    measure.memory = max(measure.memory, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def table(name: str, lines: int, measures: dict[str, Measure]) -> Iterable[str]:
    """One corpus as a table of Markdown."""
    parse = statistics.median(measures["bare `libcst.parse_module`"].seconds)
    yield f"**{name}**" + (f", {lines:,} lines" if lines > 100 else "")
    yield ""
    yield "| | seconds, median (range) | against `libcst.parse_module` | peak memory, MB |"
    yield "| --- | --: | --: | --: |"
    for row, measure in measures.items():
        middle = statistics.median(measure.seconds)
        spread = f" ({min(measure.seconds):.2f}-{max(measure.seconds):.2f})" if len(measure.seconds) > 1 else ""
        ratio = f"{parse / middle:.1f} times as fast" if middle <= parse else f"{middle / parse:.1f} times as slow"
        yield f"| {row} | {middle:.2f}{spread} | {ratio} | {measure.memory / 2**20:.0f} |"
    yield ""


def machine() -> str:
    """What it was measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, one process each"


def main() -> None:
    """Measure, print the tables, and write them into the README where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "seedlint-benchmarks")
    parser.add_argument("--corpus", action="append", choices=[corpus.name for corpus in CORPORA])
    parser.add_argument("--readme", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.folder)
    rows = tools(bench)
    chosen = [corpus for corpus in CORPORA if not options.corpus or corpus.name in options.corpus]
    places = [(corpus.name, bench.corpus(corpus), corpus.slow) for corpus in chosen]
    for name, folder, _ in list(places):
        if name == "torchvision":
            places.append((EVERY, bench.with_a_draw_in_each_file(folder), False))
    places.append((SMALL, bench.small(), False))
    text = [f"Measured by `python benchmarks/speed.py` on {machine()}; {options.rounds} rounds in turn.", ""]
    if bench.missing:
        text += [f"Not installed here: {', '.join(bench.missing)}.", ""]
    for name, folder, slow in places:
        measures: dict[str, Measure] = {}
        for number in range(options.rounds):
            for tool in rows:
                if not tool.slow or (number == 0 and slow):
                    run(tool, folder, measures.setdefault(tool.name, Measure()))
        lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
        text += table(name, lines, measures)
        print("\n".join(text[-len(measures) - 6 :]), flush=True)
    if options.readme:
        before, _, rest = options.readme.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        options.readme.write_text(before + BEGIN + "\n" + "\n".join(text) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
