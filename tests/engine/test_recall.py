"""What earlier runs found is used where it holds, and only there."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_programs import PROGRAMS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedlint.config import Config
from seedlint.engine import Analysis, analyze
from seedlint.index.cache import Store
from seedlint.index.stamps import SETTLED
from seedlint.sources.discover import discover

CONTENTS = (
    "import numpy as np\nx = np.random.rand(3)\n",
    "import numpy as np\nnp.random.seed(0)\nx = np.random.rand(3)\n",
    "import random\ndef draw():\n    return random.random()\n",
    "from a import *\nfrom b import *\ntry:\n    draw()\nexcept NameError:\n    pass\n",
    "import b\nimport random\nrandom.seed(1)\nprint(random.random())\n",
    "def broken(:\n",
    "",
    "if __name__ == '__main__':\n    import random\n    print(random.choice([1, 2]))\n",
    "import random\n\n\n# moved\ndef draw():\n    return random.random()\n",
    "import random\ndef draw():\n    return random.random() + spread(2)\ndef spread(n):\n    return n\n",
    "import random\ndef draw():\n    return random.Random(1).random()\ndef spread(n):\n    return random.Random(n)\n",
    "import random\ndef draw():\n    return 1\ndef spread(n):\n    return random.Random()\n",
    "class Net:\n    def draw(self):\n        return 1\nimport b\nprint(Net())\n",
    "import numpy\nclass Net:\n    def draw(self):\n        return numpy.random.default_rng()\nprint(Net())\n",
    (
        "import random, yaml\nseed = yaml.safe_load(open('run.yaml'))['seed']\n"
        "if seed is not None:\n    random.seed(seed)\nprint(random.random())\n"
    ),
)
SETTINGS = ("seed: 1\n", "seed: null\n", "seed: [")
NAMES = ("a.py", "b.py", "train.py", "pkg/__init__.py", "pkg/c.py")
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(CONTENTS)),
        st.tuples(st.just("write"), st.just("run.yaml"), st.sampled_from(SETTINGS)),
        st.tuples(st.just("delete"), st.sampled_from((*NAMES, "run.yaml")), st.just("")),
        st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def run(cache: Path | None, jobs: int = 1) -> Analysis:
    """Analyse the working directory."""
    (project,), _ = discover([Path()])
    return analyze(project, Config(), jobs=jobs, cache_dir=cache)


def said(analysis: Analysis) -> tuple[object, ...]:
    """All that a run says, apart from what it did."""
    return (analysis.findings, sorted(analysis.problems), analysis.files, analysis.entries, analysis.hidden)


def settle(*files: str) -> None:
    """Let files have been changed long enough ago to be trusted."""
    before = time.time_ns() - 2 * SETTLED
    for name in files:
        os.utime(name, ns=(before, before))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(EDITS, min_size=1, max_size=3))
def test_any_sequence_of_edits_gives_what_a_run_from_nothing_gives(
    rounds: list[list[tuple[str, str, str]]], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    for child in Path().iterdir():
        shutil.rmtree(child) if child.is_dir() else child.unlink()
    for edits in rounds:
        for kind, name, other in edits:
            apply(kind, Path(name), other)
        assert said(run(tmp_path / "cache")) == said(run(None))
        assert said(run(tmp_path / "cache")) == said(run(None))


def apply(kind: str, path: Path, other: str) -> None:
    """Make one edit."""
    if kind == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(other)
    elif kind == "delete":
        path.unlink(missing_ok=True)
    elif path.exists():
        Path(other).parent.mkdir(exist_ok=True)
        path.replace(other)


KEEPING = [
    ("a comment", "import torch\n", "# more\n\nimport torch\n"),
    ("a function that is not run", "def show(x):\n    print(x)\n", "def show(x):\n    y = x + 1\n    print(y)\n"),
    ("a function that is run, lower", "def used():\n    return 1\nused()\n", "\n\ndef used():\n    return 1\nused()\n"),
    ("a text", "def show(x):\n    print('one')\n", "def show(x):\n    print('two')\n"),
    ("a method of a library's name", "def show(x):\n    x.rand()\n", "def show(x):\n    x.shape()\n"),
    ("a comment below a star import", "from torch import *\n", "from torch import *\n\n# more\n"),
]
CHANGING = [
    ("the top level", "x = 1\n", "x = 2\n"),
    ("a function that is run", "def used():\n    return 1\nused()\n", "def used():\n    return 2\nused()\n"),
    ("an import", "def show(x):\n    print(x)\n", "def show(x):\n    import random\n"),
    ("a default", "def show(x=1):\n    print(x)\n", "def show(x=2):\n    print(x)\n"),
    ("a decorator", "def show():\n    pass\n", "@id\ndef show():\n    pass\n"),
    ("a name of a library", "import torch\ndef f():\n    pass\n", "import torch\ndef f():\n    torch.Generator()\n"),
    ("a method of interest", "import torch\ndef f(g):\n    g.x()\n", "import torch\ndef f(g):\n    g.uniform_()\n"),
    ("a body below a star import", "from torch import *\ndef f(): g()\n", "from torch import *\ndef f(): h()\n"),
    ("what generates", "def show():\n    return 1\n", "def show():\n    yield 1\n"),
]


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in KEEPING], ids=[row[0] for row in KEEPING])
def test_a_change_that_no_run_has_read_runs_nothing(before: str, after: str, tmp_path: Path) -> None:
    Path("train.py").write_text("import other\nimport torch\nx = torch.rand(3)\n")
    for text, carried in ((before, False), (after, True), (before, True), (after + "# end\n", True)):
        Path("other.py").write_text(text)
        warm = run(tmp_path)
        assert (warm.evidence is None) == carried
        assert said(warm) == said(run(None))
        assert run(tmp_path).counts.files_parsed == 0


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in CHANGING], ids=[row[0] for row in CHANGING])
def test_a_change_that_a_run_may_read_runs_the_program_again(before: str, after: str, tmp_path: Path) -> None:
    Path("train.py").write_text("import other\nimport torch\nx = torch.rand(3)\n")
    for text in (before, after):
        Path("other.py").write_text(text)
        warm = run(tmp_path)
        assert warm.evidence is not None
        assert said(warm) == said(run(None))


def test_a_file_that_a_finding_names_is_judged_again(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    run(tmp_path)
    Path("train.py").write_text("\n" + CONTENTS[0])
    assert [finding.place.line for finding in run(tmp_path).findings] == [3]


def test_a_comment_that_suppresses_is_heeded_without_a_run(tmp_path: Path) -> None:
    Path("train.py").write_text("import other\n" + CONTENTS[1])
    Path("other.py").write_text("x = 1\n")
    assert run(tmp_path).commented == []
    Path("other.py").write_text("x = 1  # seedlint: ignore\n")
    assert (run(tmp_path).commented, run(tmp_path).commented) == (["other.py"], ["other.py"])


def test_nothing_changed_parses_and_runs_nothing(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    cold = run(tmp_path)
    warm = run(tmp_path)
    assert (cold.counts.files_parsed, cold.counts.cache_hits) == (1, 0)
    assert (warm.counts.files_parsed, warm.counts.cache_hits, warm.counts.functions_analysed) == (0, 1, 0)
    assert warm.findings == cold.findings != []


def test_one_changed_file_is_the_only_one_parsed(tmp_path: Path) -> None:
    Path("a.py").write_text(CONTENTS[2])
    Path("train.py").write_text(CONTENTS[0])
    run(tmp_path)
    Path("train.py").write_text(CONTENTS[1])
    after = run(tmp_path)
    assert (after.counts.files_parsed, after.counts.cache_hits) == (1, 1)
    assert after.findings == []


def test_a_file_that_changed_within_the_clock_s_grain_is_read_again(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    assert run(tmp_path).findings
    stamp = Path("train.py").stat()
    text = CONTENTS[0].replace("np.random.rand(3)", "np.zeros((3, 3))  ")[: len(CONTENTS[0])]
    Path("train.py").write_text(text.ljust(len(CONTENTS[0])))
    os.utime("train.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert run(tmp_path).findings == []


def test_a_changed_configuration_file_is_read_again(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[-1])
    Path("run.yaml").write_text("seed: 1\n")
    assert run(tmp_path).findings == []
    Path("run.yaml").write_text("seed: null\n")
    assert [finding.code for finding in run(tmp_path).findings] == ["SDL101"]


def test_another_configuration_has_its_own_result(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    run(tmp_path)
    (project,), _ = discover([Path()])
    assert analyze(project, Config(ignore=("SDL",)), cache_dir=tmp_path).findings == []
    assert run(tmp_path).findings


def test_evidence_is_there_when_it_is_asked_for(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    run(tmp_path)
    (project,), _ = discover([Path()])
    assert analyze(project, Config(), cache_dir=tmp_path).evidence is None
    assert analyze(project, Config(), cache_dir=tmp_path, evidence=True).evidence is not None


def damages() -> Iterator[tuple[str, bytes | None]]:
    """(name, what a cache file becomes; None for half of it)."""
    yield "empty", b""
    yield "foreign", b"not a cache\n" * 20
    yield "truncated", None
    yield "another format", b"results-0-cpython-30".ljust(48, b"\0") + marshal.dumps((1, 2))


@pytest.mark.parametrize(("name", "content"), list(damages()))
def test_a_damaged_cache_is_slower_and_never_wrong(name: str, content: bytes | None, tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    expected = said(run(tmp_path))
    for path in tmp_path.rglob("*"):
        if path.is_file() and "project" not in path.parts:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if content is None else content)
    assert said(run(tmp_path)) == expected
    assert said(run(tmp_path)) == expected


def test_a_cache_that_cannot_be_written_is_not_fatal(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file").findings == run(None).findings


def test_a_folder_that_grew_too_large_loses_its_oldest_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedlint.index.cache.MOST_BYTES", 3000)
    store = Store(tmp_path, "results")
    for number in range(5):
        store.write(f"k{number}", "x" * 1000)
        os.utime(tmp_path / "results" / f"k{number}", (number + 1, number + 1))
    store.write("last", "x" * 1000)
    assert store.read("last") == "x" * 1000
    assert store.read("k0") is None
    assert sum(path.stat().st_size for path in (tmp_path / "results").iterdir()) <= 3000


def test_several_processes_at_once_agree(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[0])
    code = (
        "import sys; from pathlib import Path; from seedlint.api import check;"
        "print([str(f.place) for f in check([Path()], cache_dir=Path(sys.argv[1])).findings])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    printed = {process.communicate()[0] for process in running}
    assert len(printed) == 1
    assert "train.py" in printed.pop()


def test_any_number_of_jobs_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, text in enumerate(CONTENTS):
        Path(f"m{number}.py").write_text(text)
    monkeypatch.setattr("seedlint.index.build.BYTES_FOR_PROCESSES", 0)
    assert said(run(None, jobs=2)) == said(run(None, jobs=1))


@pytest.mark.parametrize("cached", [False, True])
def test_a_clean_file_opens_no_tree_and_imports_no_parser(cached: bool, tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[1])
    settle("train.py")
    code = (
        "import sys; from pathlib import Path; from seedlint.api import check;"
        "check([Path('train.py')], cache_dir=Path(sys.argv[1]));"
        "print([m for m in ('libcst', 'torch', 'numpy', 'rich', 'flake8') if m in sys.modules])"
    )
    for _ in range(2 if cached else 1):
        printed = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
        )
        assert printed.stdout == "[]\n"


def printed_by(code: str, cache: Path) -> str:
    """What another process prints."""
    command = [sys.executable, "-c", code, str(cache)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_warm_does_not_load_the_machine_that_runs_programs(tmp_path: Path) -> None:
    Path("train.py").write_text(CONTENTS[1])
    run(tmp_path)
    code = (
        "import sys; from pathlib import Path; from seedlint.api import check;"
        "check([Path()], cache_dir=Path(sys.argv[1]));"
        "print([m for m in ('seedlint.flow.run', 'seedlint.index.lower', 'seedlint_rules') if m in sys.modules])"
    )
    assert printed_by(code, tmp_path) == "[]\n"


def test_the_work_for_a_fixed_corpus_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard against regressions that no clock is needed for: what a run over the fixtures does."""
    corpus = tmp_path / "corpus"
    shutil.copytree(PROGRAMS / "flow", corpus)
    monkeypatch.chdir(corpus)
    files = sum(1 for _ in corpus.rglob("*.py"))
    cold, warm = run(tmp_path / "cache"), run(tmp_path / "cache")
    assert cold.counts.files_parsed == files
    assert cold.counts.functions_analysed <= 4 * files
    assert (warm.counts.files_parsed, warm.counts.functions_analysed, warm.counts.cache_hits) == (0, 0, files)
    assert warm.findings == cold.findings
