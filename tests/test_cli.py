"""The command as it is used: what it prints, where, and how it ends."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import SEEDED, UNSEEDED, seedlint, write


def test_a_seeded_program_is_clean(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": SEEDED})
    ran = seedlint(tmp_path)
    assert (ran.status, ran.out, ran.err) == (0, "No findings in 1 file, 1 entry.\n", "")


def test_a_finding_is_shown_with_its_line_and_help_and_counted_at_the_end(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ran = seedlint(tmp_path)
    assert ran.status == 1
    lines = ran.out.splitlines()
    assert lines[0] == "train.py:3:11: SDL101 unseeded-draw [--fix]"
    assert lines[2:4] == ["  3 | weights = torch.rand(3)", "    |           ^^^^^^^^^^^^^"]
    assert lines[4].startswith("  help: ")
    assert lines[-2] == "1 can be fixed with --fix"
    assert lines[-1] == "1 finding (1 error) in 1 file, 1 entry."


def test_python_m_seedlint_and_the_script_are_the_same(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    script = Path(sys.executable).with_name("seedlint")
    if not script.exists():
        pytest.skip("the script is not installed")
    done = subprocess.run([script, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, seedlint(tmp_path).out)


def test_a_file_is_judged_with_the_project_around_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": "",
            "model.py": "import torch\n\ndef make():\n    return torch.rand(3)\n",
            "train.py": "import model\nimport torch\n\ntorch.manual_seed(0)\nmodel.make()\n",
            "other.py": UNSEEDED,
        },
    )
    ran = seedlint(tmp_path, "model.py")
    assert (ran.status, ran.out) == (0, "No findings in 1 file, 2 entries.\n")


def test_several_folders_are_each_their_own_project(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a/train.py": UNSEEDED,
            "b/train.py": UNSEEDED,
            "b/pyproject.toml": '[tool.seedlint]\nignore = ["SDL101"]\n',
        },
    )
    assert seedlint(tmp_path, "a", "b", "--output-format=json").codes() == [("a/train.py", 3, "SDL101")]


def test_a_folder_without_python_says_so(tmp_path: Path) -> None:
    ran = seedlint(tmp_path)
    assert (ran.status, ran.out.startswith("No Python files or notebooks found")) == (0, True)


# --- what cannot be read


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.py", "x = (1,\ny = 2\n", "broken.py:1:5: cannot be parsed: '(' was never closed"),
        ("old.py", "print 'hello'\n", "old.py:1:1: cannot be parsed: Missing parentheses in call to 'print'"),
        ("data.py", b"\x80\x02\x00\x01", "data.py: not a Python file: it holds binary data"),
        ("alien.py", "# coding: klingon\nx = 1\n", "alien.py:1:1: cannot be decoded: unknown encoding: klingon"),
        ("latin.py", b"# coding: ascii\nx = '\xe9'\n", "latin.py:2:6: cannot be decoded as ascii"),
        ("deep.py", "x = " + "-" * 50_000 + "1\n", "deep.py:1:1: cannot be parsed: nested too deeply"),
        ("book.ipynb", "{}", "book.ipynb: not a notebook"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_its_place_and_the_rest_is_checked(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    write(tmp_path, {name: content, "train.py": UNSEEDED})
    ran = seedlint(tmp_path)
    assert ran.status == 2
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith(said)
    assert ran.out.splitlines()[0].startswith("train.py:3:11: SDL101")
    assert ran.out.endswith("1 finding (1 error) in 1 file, 1 entry; 1 problem.\n") or "in 2 files" in ran.out


def test_a_missing_path_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ran = seedlint(tmp_path, "train.py", "nowhere.py")
    assert (ran.status, ran.err) == (2, "nowhere.py: no such file or folder\n")
    assert "train.py:3:11: SDL101" in ran.out


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user for whom files can be closed")
def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": SEEDED, "closed.py": SEEDED})
    (tmp_path / "closed.py").chmod(0)
    ran = seedlint(tmp_path)
    assert (ran.status, ran.err) == (2, "closed.py: cannot be read: Permission denied\n")


def test_a_byte_order_mark_does_not_move_anything(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": b"\xef\xbb\xbfimport torch; torch.rand(3)\n"})
    assert seedlint(tmp_path).out.startswith("train.py:1:15: SDL101")


def test_links_that_lead_back_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/train.py": UNSEEDED})
    (tmp_path / "pkg" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "me.py").symlink_to("me.py")
    assert seedlint(tmp_path, "--output-format=json").codes() == [("pkg/train.py", 3, "SDL101")]


def test_a_generated_file_of_100_000_lines_is_checked(tmp_path: Path) -> None:
    rows = "".join(f"    ({number}, 'name {number}', [{number}, {number + 1}]),\n" for number in range(100_000))
    write(tmp_path, {"table.py": f"ROWS = [\n{rows}]\n", "train.py": UNSEEDED})
    ran = seedlint(tmp_path)
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.startswith("train.py:3:11: SDL101")


def test_deep_call_chains_and_recursion_end(tmp_path: Path) -> None:
    chain = "".join(f"def f{number}():\n    return f{number + 1}()\n" for number in range(3000))
    again = "def again(n):\n    return again(n + 1)\n"
    source = f"import torch\n{chain}def f3000():\n    return torch.rand(3)\n{again}again(0)\nf0()\n"
    write(tmp_path, {"train.py": source})
    ran = seedlint(tmp_path, "--output-format=json")
    assert ran.status in (0, 1)
    assert ran.err == ""


def test_an_error_of_seedlint_itself_is_one_line_that_names_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from seedlint import api, cli, engine

    write(tmp_path, {"good/train.py": UNSEEDED, "bad/train.py": UNSEEDED})
    monkeypatch.chdir(tmp_path)
    analyze = engine.analyze

    def broken(project, *args, **kwargs):  # type: ignore[no-untyped-def]
        if project.root.name == "bad":
            raise ZeroDivisionError("a\nb")
        return analyze(project, *args, **kwargs)

    monkeypatch.setattr(api, "analyze", broken)
    assert cli.main(["good", "bad", "--no-cache"]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith("good/train.py:3:11: SDL101")
    assert captured.err.startswith("seedlint: bad: not checked: internal error: ZeroDivisionError: a; please report it")
    assert len(captured.err.splitlines()) == 1


# --- standard input


def test_standard_input_stands_for_a_file_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "seeding.py": "import torch\n\ntorch.manual_seed(0)\n", "train.py": ""})
    text = "import seeding\nimport torch\n\ntorch.rand(3)\n"
    assert seedlint(tmp_path, "--stdin-filename", "train.py", "-", stdin=text).status == 0
    ran = seedlint(tmp_path, "--stdin-filename", "train.py", "-", "--output-format=json", stdin=UNSEEDED)
    assert ran.codes() == [("train.py", 3, "SDL101")]


def test_standard_input_in_another_encoding(tmp_path: Path) -> None:
    source = "# coding: latin-1\nimport torch\nname = 'é'; torch.rand(3)\n".encode("latin-1")
    ran = seedlint(tmp_path, "-", stdin=source)
    assert ran.out.startswith("stdin.py:3:13: SDL101")


# --- options


def test_select_and_ignore_from_the_command_line_have_the_last_word(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED, "pyproject.toml": '[tool.seedlint]\nignore = ["SDL101"]\n'})
    assert seedlint(tmp_path).status == 0
    assert seedlint(tmp_path, "--select", "SDL1").status == 1
    assert seedlint(tmp_path, "--extend-select", "SDL101").status == 1
    assert seedlint(tmp_path, "--select", "SDL1", "--ignore", "SDL101").status == 0


def test_severities_decide_how_it_ends(tmp_path: Path) -> None:
    write(tmp_path, {"library.py": "import numpy\n\ndef noise():\n    return numpy.random.rand(3)\n"})
    assert "warning" in seedlint(tmp_path).out
    assert seedlint(tmp_path, "--fail-on", "warning").status == 1
    assert seedlint(tmp_path, "--fail-on", "error").status == 0
    assert seedlint(tmp_path, "--exit-zero").status == 0
    write(tmp_path, {"seedlint.toml": 'fail-on = "error"\n'})
    assert seedlint(tmp_path).status == 0


def test_statistics_count_the_findings_of_each_rule(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": UNSEEDED, "b.py": UNSEEDED, "c.py": "import numpy\n\nnumpy.random.default_rng()\n"})
    lines = seedlint(tmp_path, "--statistics").out.splitlines()
    assert lines[:2] == ["2  SDL101  unseeded-draw", "1  SDL105  unseeded-generator"]
    assert seedlint(tmp_path, "--statistics", "--output-format=json").json()[0] == {
        "code": "SDL101",
        "name": "unseeded-draw",
        "count": 2,
    }


def test_tests_are_counted_and_shown_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_it.py": "import torch\n\ntorch.rand(3)\n\n\ndef test_it():\n    assert True\n"})
    assert "1 in tests not shown (--tests)" in seedlint(tmp_path).out
    assert seedlint(tmp_path, "--tests").status == 1


def test_an_output_file_gets_the_report(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ran = seedlint(tmp_path, "--output-format=json", "--output-file", "out.json")
    assert (ran.status, ran.out) == (1, "")
    assert '"SDL101"' in (tmp_path / "out.json").read_text()


@pytest.mark.parametrize("file", ["nowhere/out.txt", "."])
def test_an_output_file_that_cannot_be_written_is_one_line(tmp_path: Path, file: str) -> None:
    ran = seedlint(tmp_path, "--output-file", file)
    assert ran.status == 2
    assert re.fullmatch(r"seedlint: .*: cannot be written: .*\n", ran.err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--selct", "SDL1"], "no such option: --selct; did you mean --select?"),
        (["--select", "SDL1O1"], "no rule is called `SDL1O1`; did you mean `SDL101`?"),
        (["--ignore", "late-sead"], "`late-sead` is no code; did you mean `SDL102`, late-seed?"),
        (["--explain", "SDL12"], "no rule is called SDL12; did you mean SDL102 late-seed?"),
        (
            ["--output-format", "sariff"],
            "--output-format takes text, concise, json, sarif, github, html, not sariff; did you mean",
        ),
        (["--jobs", "many"], "--jobs takes a number of at least 0, not 'many'"),
        (["--unsafe-fixes"], "--unsafe-fixes does nothing alone; add --fix"),
        (["--statistics", "--output-format", "sarif"], "--statistics are text or json, not sarif"),
        (["--config", "nowhere.toml"], "nowhere.toml: no such configuration file"),
        (["--entry", "nowhere.py"], "--entry nowhere.py: no such file"),
        (["--baseline", "nowhere.json"], "nowhere.json: cannot be read: No such file or directory; write it with"),
        (["-", "train.py"], "- stands for standard input"),
    ],
)
def test_what_cannot_be_done_is_one_line_that_says_what_to_do(tmp_path: Path, arguments: list[str], said: str) -> None:
    write(tmp_path, {"train.py": SEEDED})
    ran = seedlint(tmp_path, *arguments)
    assert ran.status == 2
    assert ran.err.startswith(f"seedlint: {said}")
    assert len(ran.err.splitlines()) == 1


def test_entries_restrict_the_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "model.py": "import torch\n\ndef make():\n    return torch.rand(3)\n",
            "train.py": "import model\nimport torch\n\ntorch.manual_seed(0)\nmodel.make()\n",
            "serve.py": "import model\n\ndef main(port):\n    model.make()\n\ndef ping():\n    pass\n",
            "other.py": UNSEEDED,
        },
    )
    assert seedlint(tmp_path, "--entry", "train.py").status == 0
    assert seedlint(tmp_path, "--entry", "other.py", "--output-format=json").codes() == [("other.py", 3, "SDL101")]
    ran = seedlint(tmp_path, "--entry", "serve.py:main", "--output-format=json")
    assert ran.codes() == [("model.py", 4, "SDL101")]
    assert "serve.py:main" in ran.json()[0]["message"]
    assert seedlint(tmp_path, "--entry", "serve.py:ping").status == 0
    assert seedlint(tmp_path, "--entry", "serve.py:stop").err == "serve.py: defines no `stop` at its top level\n"


def test_a_configuration_file_is_given(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED, "strict/lint.toml": 'ignore = ["SDL101"]\n'})
    assert seedlint(tmp_path, "--config", "strict/lint.toml").status == 0


# --- pages


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    listed = seedlint(tmp_path, "--list-rules").out.splitlines()
    assert listed[0].startswith("SDL001  unused-suppression")
    assert any(line.startswith("SDL102  late-seed ") for line in listed)
    assert any("opt-in: " in line for line in listed)
    assert "SDL001" in seedlint(tmp_path, "--explain", "sdl001").out.splitlines()[0]


def test_help_is_grouped_and_fits_a_page(tmp_path: Path) -> None:
    text = seedlint(tmp_path, "--help", environment={"COLUMNS": "80"}).out
    assert len(text.splitlines()) <= 60
    assert max(map(len, text.splitlines())) <= 80
    for group in ("what is checked:", "rules:", "report:", "adopt:", "fix:", "run:"):
        assert f"\n{group}\n" in text


def test_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"seedlint \d+\.\d+\.\d+\S*\n", seedlint(tmp_path, "--version").out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_options_and_codes(tmp_path: Path, shell: str) -> None:
    script = seedlint(tmp_path, "--show-completion", shell).out
    assert "extend-select" in script
    assert "SDL102" in script
    assert "sarif" in script


def test_completion_works_in_bash(tmp_path: Path) -> None:
    script = seedlint(tmp_path, "--show-completion", "bash").out
    ask = "\nCOMP_WORDS=(seedlint --output-format s); COMP_CWORD=2; _seedlint; echo ${COMPREPLY[@]}"
    ask += "\nCOMP_WORDS=(seedlint --exp); COMP_CWORD=1; _seedlint; echo ${COMPREPLY[@]}"
    done = subprocess.run(["bash", "-c", script + ask], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["sarif", "--explain"]


# --- terminals, pipes and signals


def test_colours_only_where_they_are_wanted(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    assert "\x1b[" not in seedlint(tmp_path).out
    assert "\x1b[" in seedlint(tmp_path, "--color", "always").out
    assert "\x1b[" in seedlint(tmp_path, environment={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in seedlint(tmp_path, environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b[" not in seedlint(tmp_path, "--color", "never", environment={"FORCE_COLOR": "1"}).out


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_on_a_terminal_there_are_colours_and_no_progress_bar_within_a_second(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": "xterm"}
    variables.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "seedlint", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, env=variables, check=False)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "\x1b[31;1mSDL101\x1b[0m" in shown
    assert "seedlint --explain SDL101 says why" in shown


def test_a_reader_that_stops_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, {f"train{number}.py": UNSEEDED for number in range(300)})
    command = f"{sys.executable} -m seedlint --no-cache | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_an_interrupt_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "seedlint", "--no-cache", "-"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "seedlint: interrupted\n")


def test_names_that_the_terminal_cannot_show_are_spelled_out(tmp_path: Path) -> None:
    write(tmp_path, {"tränì.py": UNSEEDED})
    ran = seedlint(tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert ran.status == 1
    assert ran.out.startswith("tr\\xe4n")


def test_nothing_heavy_is_imported_to_check_a_small_clean_file(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": SEEDED})
    code = (
        "import sys; from seedlint.cli import main; main(['--no-cache']); "
        "print(sorted({'libcst', 'rich', 'torch', 'numpy', 'difflib', 'jsonschema'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
