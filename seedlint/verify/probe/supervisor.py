"""Starts one run in a process of its own, watches over it, and ends all that it left behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import sys
import tempfile
import termios
import time
from typing import Any

from . import fence, program

PID = "supervisor"
"""The file, in a run's folder, that holds the number of the process which watches over it."""
PATIENCE = 10.0
"""Seconds without a point reached for the first time, once some point has been reached."""


def supervise(config: dict[str, Any]) -> None:
    """Run a configured program to its end, or to the end of what it is allowed; write `ended.json`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fence.adopt_orphans()
    fence.die_with_parent()
    with open(os.path.join(config["folder"], PID), "w") as handle:
        handle.write(str(os.getpid()))
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(config)
    ended = _Watch(config, child, started).wait()
    fence.end_all(os.getpid())
    ended["seconds"] = round(time.monotonic() - started, 3)
    os.makedirs(config["out"], exist_ok=True)
    path = os.path.join(config["out"], "ended.json")
    with open(path + ".new", "w", encoding="utf-8") as handle:
        json.dump(ended, handle)
    os.replace(path + ".new", path)


def gone(folder: str) -> bool:
    """Whether the process that watched over a run has ended; false before it has begun."""
    try:
        with open(os.path.join(folder, PID)) as handle:
            os.kill(int(handle.read()), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _child(config: dict[str, Any]) -> None:
    status = program.FAILED
    try:
        os.setsid()
        fence.die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _standard_input()
        for number, name in ((1, "stdout"), (2, "stderr")):
            handle = os.open(os.path.join(config["out"], name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(handle, number)
            os.close(handle)
        os.environ.update(config["environment"])
        tempfile.tempdir = None  # a warm process has looked it up already
        fence.limit(config["cpu_seconds"], config["memory"], config["file_size"])
        if config["fence"]:
            fence.no_writes_outside([config["folder"], *fence.devices()])
        status = program.run(config)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        with open(os.path.join(config["out"], "error.json"), "w", encoding="utf-8") as out:
            json.dump({"error": f"{type(error).__name__}: {error}", "place": ""}, out)
    finally:
        _leave(status)


def _standard_input() -> None:
    """Give the run a terminal of the usual size, at which nobody types: every read comes to the end at once."""
    try:
        keyboard, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.write(keyboard, b"\x04" * 1024)
    except OSError:
        terminal = os.open(os.devnull, os.O_RDONLY)
    os.dup2(terminal, 0)
    os.close(terminal)


def _leave(status: int) -> None:
    """End as Python would: child processes are waited for, exit handlers run."""
    try:
        import atexit
        import threading

        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(5)
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException:
        pass
    finally:
        os._exit(status)


class _Watch:
    """Waits until a run has ended, has shown enough, or has used up what it may use."""

    def __init__(self, config: dict[str, Any], child: int, started: float) -> None:
        self.config, self.child, self.started = config, child, started
        self.points = set(config["wanted"])
        self.reached: set[str] = set()
        self.full: set[str] = set()
        self.sizes: dict[str, int] = {}
        self.news = 0.0

    def wait(self) -> dict[str, Any]:
        pause, checks = 0.005, 0
        while True:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                return _how(status)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
            checks += 1
            now = time.monotonic() - self.started
            if now > self.config["timeout"]:
                return {"how": "timeout", "reason": f"still running after {self.config['timeout']:g} s"}
            if checks % 4 == 0:
                reason = self._over(now)
                if reason:
                    return reason

    def _over(self, now: float) -> dict[str, Any]:
        if self._look():
            self.news = now
        if self.points and self.full >= self.points:
            return {"how": "enough"}
        if self.reached and now - self.news > PATIENCE:
            return {"how": "patience"}
        if len(fence.descendants(os.getpid())) > fence.MOST_PROCESSES:
            return {"how": "processes", "reason": f"starts more than {fence.MOST_PROCESSES} processes"}
        return {}

    def _look(self) -> bool:
        """Read what was written since; whether a point was reached for the first time."""
        known = len(self.reached)
        for path in self._grown():
            for hit in read_hits(path):
                if "point" in hit:
                    self.reached.add(hit["point"])
                    if hit["enough"] and hit["main"]:
                        self.full.add(hit["point"])
        return len(self.reached) > known

    def _grown(self) -> list[str]:
        """The files of hits that have become larger; none where the program has taken them away."""
        out = []
        try:
            for name in os.listdir(self.config["out"]):
                path = os.path.join(self.config["out"], name)
                size = os.path.getsize(path) if name.startswith("hits-") else 0
                if size != self.sizes.get(name, 0):
                    self.sizes[name] = size
                    out.append(path)
        except OSError:
            return []
        return out


def read_hits(path: str) -> list[dict[str, Any]]:
    """The records of one process; a line that was cut off is left out."""
    out = []
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            for line in handle:
                try:
                    out.append(json.loads(line))
                except ValueError:
                    continue
    except OSError:
        return []
    return out


def _how(status: int) -> dict[str, Any]:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        reasons: dict[int, str] = {
            signal.SIGXCPU: "uses more CPU time than allowed",
            signal.SIGKILL: "was killed (out of memory?)",
            signal.SIGSEGV: "crashes (segmentation fault)",
        }
        return {"how": "signal", "reason": reasons.get(number, f"ends by signal {number}")}
    return {"how": "ended", "status": os.WEXITSTATUS(status)}


def main(path: str) -> None:
    """A cold run: this process is fresh, and serves one configuration."""
    with open(path, encoding="utf-8") as handle:
        config = json.load(handle)
    if config["fence"]:
        fence.no_network()
    supervise(config)


if __name__ == "__main__":
    main(sys.argv[1])
