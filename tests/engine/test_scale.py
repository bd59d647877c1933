"""Work grows linearly with the code: twice the code, about twice the bodies that are run, and never more."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from seedlint.config import Config
from seedlint.engine import Analysis, analyze
from seedlint.flow.lexicon import Lexicon
from seedlint.index.lower import Lowering
from seedlint.sources.discover import discover
from seedlint.stack import on_large_stack

IMPORT = "import torch\n"


def run(folder: Path, files: dict[str, str], config: Config | None = None) -> Analysis:
    """Analyse some files."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    (project,), _ = discover([folder])
    return analyze(project, config or Config())


def chain(n: int) -> dict[str, str]:
    """Functions that call each other, one deeper than the other."""
    calls = "".join(f"def f{i}(x):\n    return f{i + 1}(x)\n" for i in range(n))
    return {"a.py": f"{IMPORT}{calls}def f{n}(x):\n    return torch.rand(x)\nf0(3)\n"}


def hierarchy(n: int) -> dict[str, str]:
    """Classes with one base, all of them constructed and called."""
    classes = "".join(f"class C{i}(B):\n    def forward(self, x):\n        return torch.rand({i})\n" for i in range(n))
    calls = "".join(f"C{i}()(1)\n" for i in range(n))
    return {"a.py": f"{IMPORT}class B(torch.nn.Module):\n    pass\n{classes}{calls}"}


def cycle(n: int) -> dict[str, str]:
    """Modules that import each other in a circle."""
    modules = {
        f"m{i}.py": f"import random\nfrom m{(i + 1) % n} import *\ndef f{i}(x):\n    return random.random()\nf{i}(1)\n"
        for i in range(n)
    }
    return {**modules, "train.py": "import m0\nm0.f0(2)\n"}


def recursion(n: int) -> dict[str, str]:
    """Functions each of which calls all others."""
    calls = "\n".join(f"    f{i}(x)" for i in range(n))
    return {"a.py": IMPORT + "".join(f"def f{i}(x):\n    torch.rand(1)\n{calls}\n" for i in range(n)) + "f0(1)\n"}


def statements(n: int) -> dict[str, str]:
    """One function with many statements."""
    return {"a.py": f"{IMPORT}def main():\n" + "".join(f"    x{i} = torch.rand({i})\n" for i in range(n)) + "main()\n"}


def branches(n: int) -> dict[str, str]:
    """One function with many branches, one behind the other."""
    tests = "".join(f"    if a == {i}:\n        x = helper({i})\n" for i in range(n))
    return {"a.py": f"{IMPORT}def helper(i):\n    return torch.rand(i)\ndef main(a):\n{tests}main(a)\n"}


def unreached(n: int) -> dict[str, str]:
    """Modules whose functions nothing calls, each of which makes many instances of one class."""
    batch = "import random\nclass Batch:\n    def __init__(self, x):\n        self.rng = random.Random(x)\n"
    makes = "".join(f"def make{i}():\n    return Batch({i})\n" for i in range(20))
    modules = {f"m{i}.py": f"from batch import Batch\n{makes}" for i in range(n)}
    main = "".join(f"import m{i}\n" for i in range(n))
    return {**modules, "batch.py": batch, "train.py": main}


def nest(n: int) -> dict[str, str]:
    """A function with loops within loops, the innermost of which calls another one."""
    loops = "".join(f"{'    ' * (i + 1)}for i{i} in range(x):\n" for i in range(n))
    inner = "    " * (n + 1)
    body = f"{loops}{inner}rows = [draw(x)]\n{inner}all_rows.append(rows)\n"
    draw = "def draw(x):\n    for i in range(x):\n        torch.rand(i)\n"
    return {"a.py": f"{IMPORT}{draw}def main(x):\n    all_rows = []\n{body}main(3)\n"}


@pytest.mark.parametrize("program", [chain, hierarchy, cycle])
def test_twice_the_code_runs_about_twice_the_functions(
    program: Callable[[int], dict[str, str]], tmp_path: Path
) -> None:
    once = run(tmp_path / "once", program(20)).counts.functions_analysed
    twice = run(tmp_path / "twice", program(40)).counts.functions_analysed
    assert once > 0
    assert twice <= 2.2 * once


@pytest.mark.parametrize("program", [chain, recursion])
def test_calls_deeper_than_can_be_followed_end(program: Callable[[int], dict[str, str]], tmp_path: Path) -> None:
    analysis = run(tmp_path / "deep", program(300 if program is chain else 12))
    assert analysis.problems == []
    assert analysis.counts.functions_analysed < 5000


def test_instances_that_only_unreached_functions_make_are_told_apart_up_to_a_number(tmp_path: Path) -> None:
    once = run(tmp_path / "once", unreached(10)).counts.functions_analysed
    twice = run(tmp_path / "twice", unreached(20)).counts.functions_analysed
    assert twice - once <= 1.2 * 10 * 20  # one for each further function, none for what it constructs


def test_of_what_no_entry_reaches_only_what_seeds_or_draws_itself_is_run(tmp_path: Path) -> None:
    """Callers of a seeding function, and of one that draws, say nothing that these do not say when they are run."""
    seeding = "import numpy as np\ndef seed_all(seed):\n    np.random.seed(seed)\n"
    drawing = "def noise():\n    return np.random.rand(3), torch.rand(3)\n"
    callers = "".join(f"def run{i}():\n    lib.seed_all({i})\n    return lib.noise()\n" for i in range(20))
    files = {"lib.py": IMPORT + seeding + drawing, "callers.py": "import lib\n" + callers, "a.py": "import callers\n"}
    analysis = run(tmp_path / "callers", files)
    assert analysis.counts.functions_analysed == 2
    assert [finding.stream for finding in analysis.findings] == ["torch"]


def test_what_only_deselected_rules_ask_for_is_not_run(tmp_path: Path) -> None:
    files = {"lib.py": f"{IMPORT}def noise():\n    return torch.rand(3)\n", "a.py": "import lib\n"}
    assert run(tmp_path / "all", files).counts.functions_analysed == 1
    assert run(tmp_path / "late", files, Config(select=("SDL102",))).counts.functions_analysed == 0


def test_iterators_over_iterators_end(tmp_path: Path) -> None:
    wrapped = "".join("rows = zip(rows, rows)\n" for _ in range(30))
    text = f"{IMPORT}rows = range(3)\n{wrapped}for row in rows:\n    torch.rand(3)\n"
    assert len(run(tmp_path / "wrapped", {"a.py": text}).findings) == 1


def test_iterators_over_many_iterators_are_iterated_once_each(tmp_path: Path) -> None:
    """What may be any of the iterators so far is made of each of them again, and again."""
    wrapped = "".join(f"if rows.n > {i}:\n    rows = enumerate(rows)\n" for i in range(40))
    text = f"{IMPORT}import other\nrows = iter(torch.utils.data.DataLoader(other.data, shuffle=True))\n{wrapped}"
    loops = "".join("for row in rows:\n    pass\n" for _ in range(20))
    analysis = run(tmp_path / "wrapped", {"a.py": text + loops})
    assert [finding.code for finding in analysis.findings] == ["SDL101"]


@pytest.mark.parametrize(("work", "runs"), [("x + 1", 1), ("torch.nn.functional.dropout(x, 0.5, net.training)", 2)])
def test_a_body_runs_again_in_another_mode_only_if_it_asks_for_it(work: str, runs: int, tmp_path: Path) -> None:
    helper = f"{IMPORT}net = torch.nn.Linear(1, 1)\ndef helper(x):\n    return {work}\n"
    text = f"{helper}net.train()\nhelper(1)\nnet.eval()\nhelper(1)\n"
    assert run(tmp_path / "modes", {"a.py": text}).counts.functions_analysed == runs


def test_what_is_behind_star_imports_is_looked_up_once(tmp_path: Path) -> None:
    """Each of many modules imports all names of all before it; the draw is of a function that no entry reaches."""
    stars = ["".join(f"from m{j} import *\n" for j in range(i)) for i in range(25)]
    modules = {f"m{i}.py": f"{stars[i]}def f{i}(x):\n    return g(h(x))\n" for i in range(1, 24)}
    modules["m0.py"] = "import numpy as np\n"
    modules["m24.py"] = f"{stars[24]}def order(n):\n    return np.random.permutation(n)\n"
    assert [Path(finding.place.path).name for finding in run(tmp_path / "stars", modules).findings] == ["m24.py"]


def test_each_of_many_entries_gets_what_it_would_alone(tmp_path: Path) -> None:
    """A helper that all of them call with arguments of their own is not given up on."""
    helper = "def train(name, make):\n    return make()\n"
    script = "import torch\nfrom common import train\ntrain('{0}', lambda: torch.rand({0}))\n"
    scripts = {f"run_{i}.py": script.format(i) for i in range(60)}
    assert len(run(tmp_path / "many", {"common.py": helper, **scripts}).findings) == 60


def test_an_argument_that_never_varies_stays_known_however_often_a_function_is_called(tmp_path: Path) -> None:
    helper = f"{IMPORT}def noise(name, jitter=False):\n    return torch.rand(1) if jitter else name\n"
    calls = "".join(f"noise('{i}')\n" for i in range(60))
    assert run(tmp_path / "many", {"a.py": helper + calls}).findings == []


def test_many_statements_are_one_function(tmp_path: Path) -> None:
    analysis = run(tmp_path / "many", statements(2000))
    assert analysis.counts.functions_analysed == 1
    assert len(analysis.findings) == 2000


def test_a_long_run_runs_a_body_a_few_times_only_and_finds_its_draw(tmp_path: Path) -> None:
    helper = f"{IMPORT}def noise(x):\n    return torch.rand(x)\n"
    calls = "".join(f"noise({i})\n" for i in range(1, 31))
    short = run(tmp_path / "short", {"a.py": helper + calls})
    long = run(tmp_path / "long", {"a.py": helper + "x = 1\n" * 10_001 + calls})
    assert short.counts.functions_analysed == 30
    assert long.counts.functions_analysed == 3
    assert (
        [finding.place.line for finding in long.findings] == [finding.place.line for finding in short.findings] == [3]
    )


def test_what_a_long_run_leaves_out_is_run_by_others(tmp_path: Path) -> None:
    """A short entry finds what it would find alone, though a long one has called the same function before."""
    draw = f"{IMPORT}def draw(x):\n    return torch.rand(x)\n"
    common = f"{draw}def both(x):\n    return draw(x + 1)\ndef most(x):\n    return both(x)\n"
    calls = "".join(f"draw({i})\n" for i in range(1, 9))
    long = "from common import both, draw, most\n" + "x = 1\n" * 10_001 + calls + "both(20)\nmost(20)\n"
    short = "from common import most\nmost(20)\n"
    analysis = run(tmp_path / "two", {"a_long.py": long, "b_short.py": short, "common.py": common})
    assert [finding.entries for finding in analysis.findings] == [2]


def test_of_more_classes_than_are_followed_the_first_ones_are(tmp_path: Path) -> None:
    layers = "".join(f"class Layer{i}:\n    def __init__(self):\n        torch.rand({i + 1})\n" for i in range(65))
    found = "LAYERS = {}\n" + "".join(f"LAYERS['{i}'] = Layer{i}\n" for i in range(65))
    text = f"import sys\n{IMPORT}{layers}{found}LAYERS[sys.argv[1]]()\n"
    assert any(finding.reached for finding in run(tmp_path / "wide", {"a.py": text}).findings)


def test_many_branches_run_each_call_once(tmp_path: Path) -> None:
    assert run(tmp_path / "many", branches(30)).counts.functions_analysed <= 2 * 30 + 2


def test_loops_within_loops_do_not_multiply(tmp_path: Path) -> None:
    """A body is run again only where the pass before has changed what it may read."""
    analysis = run(tmp_path / "nest", nest(19))
    assert analysis.counts.functions_analysed == 2
    assert len(analysis.findings) == 1


def test_loops_over_known_items_within_each_other_are_run_item_by_item_up_to_a_number(tmp_path: Path) -> None:
    loops = "".join(f"{'    ' * i}for a{i} in (1, 2, 3, 4, 5):\n" for i in range(9))
    text = f"{IMPORT}{loops}{'    ' * 9}torch.rand(a0, a8)\n"
    assert len(run(tmp_path / "grid", {"a.py": text}).findings) == 1


@pytest.mark.parametrize(
    "text",
    [
        "if a:\n    pass\n" + "".join(f"elif a == {i}:\n    x = torch.rand({i})\n" for i in range(400)),
        "x = " + " + ".join(["torch.rand(1)"] * 1500) + "\n",
        "x = torch" + ".f(1)" * 400 + "\n",
        "x = torch.rand(3)\n" + "".join("    " * i + "if x:\n" for i in range(90)) + "    " * 90 + "pass\n",
    ],
    ids=["elif", "sum", "fluent", "nested"],
)
def test_code_that_is_nested_deeply_is_read(text: str, tmp_path: Path) -> None:
    analysis = run(tmp_path / "nested", {"a.py": IMPORT + text + "torch.rand(2)\n"})
    assert analysis.problems == []
    assert analysis.findings


def test_a_table_of_literals_is_data(tmp_path: Path) -> None:
    rows = ", ".join(f"{{'a': [{i}, 'b', (1, 2)]}}" for i in range(2000))
    analysis = run(tmp_path / "table", {"a.py": f"{IMPORT}TABLE = [{rows}]\nfor row in TABLE:\n    torch.rand(3)\n"})
    assert [finding.place.line for finding in analysis.findings] == [4]


def test_a_function_may_give_back_an_expression_that_is_deeper_than_calls_can_be() -> None:
    deep = " + ".join(["x"] * 2000)
    text = f"def total(x):\n    return {deep}\ndef later(x):\n    return lambda: x\n"
    summary = on_large_stack(lambda: Lowering().module(ast.parse(text)))
    assert Lexicon(summary.body).handed_on == {"later"}
