"""IPython's lines become Python that does the same to streams."""

from __future__ import annotations

import ast

import pytest

from seedlint.sources.magics import python_of_cell, python_of_script


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "%load_ext autoreload",
        "%autoreload 2",
        "!pip install torch",
        "!!ls",
        "?torch.rand",
        "torch.rand?",
        "torch.rand??",
        "torch.*rand*?",
        "%timeit?",
        "pip install torch",
        "conda install -y numpy",
        "cd ..",
        "%env",
        "%run $script",
        "%run",
    ],
)
def test_a_line_that_draws_and_seeds_nothing_becomes_pass(line: str) -> None:
    assert python_of_cell(line) == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "rest = a\\\n % b",
        "text = '''\n%matplotlib inline\n!pip\n'''",
        "print('%d'\n % 3)",
        "f(\n    # a ( that opens nothing\n    a\n    % b)",
        "pip = 3",
        "run = cd if ls else rm",
        "x = 'a#b' % c  # 'text",
        "await client.get()",
        "draw();",
    ],
)
def test_python_stays_as_it_is(text: str) -> None:
    assert python_of_cell(text) == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%run train.py", "__seedlint_run__('train.py', '__main__')"),
        ("%run train", "__seedlint_run__('train.py', '__main__')"),
        ("    %run ../train.py --seed 3  # again", "    __seedlint_run__('../train.py', '__main__')"),
        ("%run -n 'two words.py'", "__seedlint_run__('two words.py', 'two words')"),
        ("%run -t -N 3 train.py", "__seedlint_run__('train.py', '__main__')"),
        ("%run -m tool.train", "__seedlint_run__('tool/train.py', '__main__')"),
        ("%run setup.ipynb", "__seedlint_run__('setup.ipynb', '__main__')"),
        ("run train.py", "__seedlint_run__('train.py', '__main__')"),
        ("get_ipython().run_line_magic('run', 'train.py')", "__seedlint_run__('train.py', '__main__')"),
        ("get_ipython().magic('run train.py')", "__seedlint_run__('train.py', '__main__')"),
    ],
)
def test_run_becomes_a_call(line: str, expected: str) -> None:
    assert python_of_cell(line) == expected


@pytest.mark.parametrize("line", ["%time net = Net()", "  %timeit -n 10 -r 2 net = Net()", "%prun -l 4 net = Net()"])
def test_code_that_a_line_magic_executes_keeps_its_column(line: str) -> None:
    new = python_of_cell(line)
    assert new.index("net = Net()") == line.index("net = Net()")
    ast.parse(new.strip())


def test_a_loop_that_a_line_magic_executes_is_kept() -> None:
    assert python_of_cell("%time for i in range(3): draw()") == "for i in range(3): draw()"


def test_the_environment_is_set() -> None:
    expected = "__import__('os').environ['CUBLAS_WORKSPACE_CONFIG'] = ':4096:8'"
    assert python_of_cell("%env CUBLAS_WORKSPACE_CONFIG=:4096:8") == expected
    assert python_of_cell("%set_env CUBLAS_WORKSPACE_CONFIG :4096:8") == expected


def test_what_a_shell_line_gives_is_unknown() -> None:
    assert python_of_cell("files = !ls *.py") == "files = get_ipython()"
    assert python_of_cell("best = %timeit -o draw()") == "best = draw()"


def test_continued_lines_belong_to_their_magic() -> None:
    assert python_of_cell("!pip install \\\n    torch \\\n    numpy\nx = 1") == "pass\n\n\nx = 1"


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 3", "%%capture out", "\n%%time"])
def test_the_body_of_a_timed_cell_runs(magic: str) -> None:
    assert python_of_cell(f"{magic}\nnet = Net()").split("\n")[-1] == "net = Net()"


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile train.py", "%%javascript", "%%python", "%%R -i x"])
def test_the_body_of_another_language_or_process_does_not(magic: str) -> None:
    assert python_of_cell(f"{magic}\nnet = Net()\n") == "\n\n"


def test_a_script_in_cells_may_hold_magics() -> None:
    assert python_of_script("# %%\n%matplotlib inline\nx = 1\n") == "# %%\npass\nx = 1\n"


def test_another_script_is_left_alone() -> None:
    text = "x = (a\n%b)\n"
    assert python_of_script(text) is text
