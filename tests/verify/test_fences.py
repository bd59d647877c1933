"""A hostile or broken program costs its own verdict, and nothing else."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from seedlint.rule import Outcome
from seedlint.verify.probe import fence
from verify.conftest import Project, verified

PROBE = Path(__file__).parents[2] / "seedlint" / "verify" / "probe"
DRAW = "import random\nprint(random.random())\n"
WARM = ("kills its parent", "deletes what it can", "crashes", "forks without end")
"""What is tried with a process that has imported NumPy and serves every run; the others start afresh."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ends at once", "import os\nos._exit(3)\n"),
        ("kills its parent", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"),
        ("ignores signals", "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"),
        ("handles signals", "import signal, time\nsignal.signal(signal.SIGINT, print)\ntime.sleep(600)\n"),
        ("deletes what it can", "import shutil\nshutil.rmtree('..', True)\nopen('gone')\n"),
        ("prints without end", "while True:\n    print('x' * 10000)\n"),
        ("forks without end", "import os\nwhile True:\n    os.fork()\n"),
        ("crashes", "import ctypes\nctypes.string_at(0)\n"),
        ("takes all memory", "x = []\nwhile True:\n    x.append(bytearray(1 << 28))\n"),
    ],
)
def test_a_program_that_does_not_come_to_the_draw_could_not_be_run(project: Project, name: str, text: str) -> None:
    """Its neighbour gets its verdict all the same."""
    hostile = "import sys\nimport numpy\nif len(sys.argv):\n" + textwrap.indent(text, "    ")
    cold = name not in WARM
    [bad, good] = verified(project(bad=hostile + DRAW, good=DRAW), timeout=3.0, memory=4 << 30, cold=cold)
    assert bad.verdict is not None and good.verdict is not None
    assert bad.verdict.outcome is Outcome.COULD_NOT_RUN, name
    assert bad.verdict.detail
    assert good.verdict.outcome is Outcome.DIVERGED


@pytest.mark.skipif(sys.platform != "linux", reason="is about Linux's device files")
def test_a_fenced_run_may_open_the_files_of_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA opens them for writing; other files outside its folder stay shut."""
    inside, gpu, other = tmp_path / "run", tmp_path / "nvidia0", tmp_path / "other"
    inside.mkdir()
    gpu.touch()
    other.touch()
    monkeypatch.setattr("glob.glob", lambda pattern: [str(gpu)] if pattern == "/dev/nvidia*" else [])
    if not fence.standing(str(inside))["writes"]:
        pytest.skip("this system has no fence against writes")
    child = os.fork()
    if child == 0:
        fence.no_writes_outside([str(inside), *fence.devices()])
        os._exit(sum(1 << number for number, path in enumerate((inside / "new", gpu, other)) if _opens(path)))
    _, status = os.waitpid(child, 0)
    assert os.WEXITSTATUS(status) == 0b011


def _opens(path: Path) -> bool:
    try:
        path.open("w").close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_what_a_program_leaves_behind_is_ended(project: Project, tmp_path: Path) -> None:
    """A daemon in a session of its own is gone after the run."""
    mark = f"seedlint-left-behind-{os.getpid()}"
    text = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', '{mark}'], start_new_session=True)\n"
    )
    [finding] = verified(project(train=text + DRAW))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert not _running(mark)


def test_secrets_are_not_passed_on_unless_asked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program draws only if it sees the token."""
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "secret")
    text = "import os\nimport random\nif 'SOME_SERVICE_TOKEN' in os.environ:\n    print(random.random())\n"
    made = project(train=text)
    [without] = verified(made)
    [given] = verified(made, environment=("SOME_SERVICE_TOKEN",))
    assert without.verdict is not None and given.verdict is not None
    assert without.verdict.outcome is Outcome.NOT_REACHED
    assert given.verdict.outcome is Outcome.DIVERGED


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_an_interrupt_ends_every_child_and_reports_what_is_known(tmp_path: Path) -> None:
    """Ctrl-C while one program sleeps: the other's verdict is there."""
    mark = f"seedlint-interrupted-{os.getpid()}"
    Path(tmp_path, "first.py").write_text(DRAW, encoding="utf-8")
    Path(tmp_path, "second.py").write_text(f"import time\nname = '{mark}'\ntime.sleep(300)\n{DRAW}", encoding="utf-8")
    command = [sys.executable, "-m", "seedlint", "--no-cache", "--verify", "--jobs", "1", "--timeout", "200", "."]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "verified: diverged" in out, err
    assert "stopped" in out
    assert not _running(str(scratch))


def test_the_probe_is_written_for_python_3_8() -> None:
    """Every file of it parses with that grammar, and imports only the standard library."""
    for path in PROBE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
        for node in tree.body:
            if isinstance(node, ast.Import):
                assert all(name.name.partition(".")[0] in sys.stdlib_module_names for name in node.names), path.name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names, path.name


def _running(mark: str) -> list[str]:
    """The command lines of running processes that hold a mark."""
    out = []
    for folder in Path("/proc").iterdir():
        try:
            text = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if mark in text:
            out.append(text)
    return out
