"""Sends a plan to an interpreter as one self-contained script, and gets its answer back as one document."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from seedlint.verify.plan import Options

PACKAGE = "seedlint_probe"
MARK = "seedlint-document:"
_SCRIPT = """\
import json, os, shutil, sys, tempfile
if sys.version_info < (3, 8):
    sys.exit("Python %d.%d is too old: runs need 3.8 or later" % sys.version_info[:2])
PLAN = json.loads({plan})
FILES = json.loads({files})
if PLAN["keep"]:
    os.makedirs(PLAN["keep"], exist_ok=True)
BASE = os.path.abspath(PLAN["keep"]) if PLAN["keep"] else tempfile.mkdtemp(prefix="seedlint-")
LIBRARY = os.path.join(BASE, "lib")
os.makedirs(os.path.join(LIBRARY, "{package}"), exist_ok=True)
for name, text in FILES.items():
    with open(os.path.join(LIBRARY, name), "w", encoding="utf-8") as handle:
        handle.write(text)
sys.path.insert(0, LIBRARY)
from {package} import conductor
try:
    DOCUMENT = conductor.main(PLAN, BASE)
finally:
    if not PLAN["keep"]:
        shutil.rmtree(BASE, ignore_errors=True)
sys.stdout.write("\\n{mark}" + json.dumps(DOCUMENT) + "\\n")
"""
_START = '''\
"""Runs in every Python process below a run, before anything else."""
import os
if os.environ.get("SEEDLINT_RUN"):
    import seedlint_probe.program
    seedlint_probe.program.attach()
import seedlint_probe.hooks
seedlint_probe.hooks.run_next("sitecustomize", os.path.dirname(os.path.abspath(__file__)))
'''


class LaunchError(Exception):
    """The interpreter or launcher could not be started, or gave no answer; the text says why."""


def script(plan: dict[str, Any]) -> str:
    """The one file that is run: the plan, and all of the probe."""
    folder = Path(__file__).parent / "probe"
    files = {f"{PACKAGE}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    files["sitecustomize.py"] = _START
    return _SCRIPT.format(plan=repr(json.dumps(plan)), files=repr(json.dumps(files)), package=PACKAGE, mark=MARK)


def launch(plan: dict[str, Any], options: Options, progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Run a plan and return its document; Ctrl-C ends what runs, and returns what is known.

    Raises `LaunchError` when no document comes back.
    """
    command = [*shlex.split(options.launcher), options.python, "-"]
    with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as code:
        code.write(script(plan))
        code.seek(0)
        try:
            process = subprocess.Popen(
                command, stdin=code, stdout=answer, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
        except OSError as error:
            raise LaunchError(f"{command[0]} cannot be started: {error.strerror}") from None
        assert process.stderr is not None
        said: list[str] = []
        reader = threading.Thread(target=_listen, args=(process.stderr, said, progress), daemon=True)
        reader.start()
        stopped = _wait(process)
        reader.join(2)
        answer.seek(0)
        document = next((line for line in answer if line.startswith(MARK)), None)
    if document is None:
        reason = " ".join(said[-3:]) or f"exit status {process.returncode}"
        advice = " (--python names the interpreter that it starts)" if options.launcher else ""
        raise LaunchError(f"`{shlex.join(command)}` gave no answer: {reason}{advice}")
    out: dict[str, Any] = json.loads(document.removeprefix(MARK))
    out["stopped"] = stopped
    return out


def _listen(lines: IO[str], said: list[str], progress: Callable[[dict[str, Any]], None]) -> None:
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if isinstance(message, dict):
            progress(message)
        elif line.strip():
            said.append(line.strip())


def _wait(process: subprocess.Popen[str]) -> bool:
    """Wait; an interrupt is passed on once, a second one kills. Returns whether there was one."""
    stopped = False
    while True:
        try:
            process.wait()
            return stopped
        except KeyboardInterrupt:
            process.send_signal(signal.SIGKILL if stopped else signal.SIGTERM)
            stopped = True
