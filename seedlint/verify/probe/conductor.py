"""Carries out a plan: every entry twice, and again where the first two runs leave a question."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from . import compare, fence, program, supervisor

HASH_SEEDS = ("1", "2")
MORE_RUNS = 4
"""Runs that are added while a stream's state differs and what was drawn does not."""


class Conductor:
    """Runs a plan's entries; `document` is what is known so far."""

    def __init__(self, plan: dict[str, Any], folder: str) -> None:
        self.plan, self.folder = plan, folder
        self.slots = threading.Semaphore(plan["jobs"])
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.number = 0
        self.zygotes: dict[str, Zygote] = {}
        self.keep: tuple[str, ...] = ()
        self.document: dict[str, Any] = {
            "python": platform.python_version(),
            "executable": sys.executable,
            "system": f"{platform.system()} {platform.machine()}",
            "warm": False,
            "processes": 0,
            "entries": {},
        }

    def carry_out(self) -> dict[str, Any]:
        """Run everything, or as much as there is time for before a stop."""
        if self.plan["fence"] and hasattr(os, "fork"):
            self.document["fences"] = fence.standing(self.folder)
            self._say({"fences": self.document["fences"]})
        self._warm_up()
        waiting = list(self.plan["entries"])
        lock = threading.Lock()

        def work() -> None:
            while not self.stopped.is_set():
                with lock:
                    if not waiting:
                        return
                    entry = waiting.pop(0)
                self._entry(entry)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(max(1, self.plan["jobs"]))]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.1)
        return self.document

    def close(self) -> None:
        """End every process that was started."""
        self.stopped.set()
        for zygote in self.zygotes.values():
            zygote.process.kill()
        fence.end_all(os.getpid())

    # -- processes

    def _warm_up(self) -> None:
        names = self.plan["warm"]
        if not names or self.plan["cold"] or not hasattr(os, "fork"):
            return
        made = {seed: Zygote(self, seed, names) for seed in HASH_SEEDS}
        ready = [zygote.ready() for zygote in made.values()]
        if any(answer is None for answer in ready):
            return
        one, other = (answer["ready"] for answer in ready if answer)
        self.keep = tuple(name for name in one if one[name] is not None and one[name] == other[name])
        self.zygotes, self.document["warm"] = made, True

    def environment(self, hash_seed: str) -> dict[str, str]:
        out = {name: value for name, value in os.environ.items() if not _secret(name) or name in self.plan["pass"]}
        out.update(PYTHONHASHSEED=hash_seed, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=self.plan_path())
        out.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", MPLBACKEND="Agg")
        out.update(WANDB_MODE="disabled", HF_HUB_OFFLINE="1", TQDM_DISABLE="1", PYTHONNOUSERSITE="1")
        device = self.plan["device"]
        if device == "cpu":
            out["CUDA_VISIBLE_DEVICES"] = ""
        elif device.startswith("cuda:"):
            out["CUDA_VISIBLE_DEVICES"] = device[5:]
        out.pop(program.VARIABLE, None)
        return out

    def plan_path(self) -> str:
        theirs = os.environ.get("PYTHONPATH", "")
        library = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        return library + (os.pathsep + theirs if theirs else "")

    # -- one entry

    def _entry(self, entry: dict[str, Any]) -> None:
        label = entry["label"]
        self._say({"running": label})
        out: dict[str, Any] = {"runs": [], "control": [], "tolerant": False}
        self.document["entries"][entry["id"]] = out
        out["runs"] = self._runs(entry, self.plan["runs"], False, False)
        if self._unreached(entry, out["runs"]) and entry.get("tolerant") and not self.stopped.is_set():
            tolerant = self._runs(entry, self.plan["runs"], False, True)
            if len(self._unreached(entry, tolerant)) < len(self._unreached(entry, out["runs"])):
                out.update(runs=tolerant, tolerant=True, strict=[strip(run) for run in out["runs"]])
        results = {result for result, _ in self._compared(entry, out["runs"])}
        more = 0
        while compare.ALIKE in results and more < MORE_RUNS and not self.stopped.is_set():
            out["runs"] += self._runs(entry, 2, False, out["tolerant"])
            more += 2
            results = {result for result, _ in self._compared(entry, out["runs"])}
        if compare.DIFFERENT in results and not self.stopped.is_set():
            out["control"] = self._runs(entry, 2, True, out["tolerant"])
        self._say({"done": label})

    def _unreached(self, entry: dict[str, Any], runs: list[Any]) -> list[str]:
        if all(run["how"] in ("ended", "enough") and not run.get("error") for run in runs):
            return []
        hit = {h["point"] for run in runs for h in run["hits"]}
        return [w["id"] for w in entry["witnesses"] if w["kind"] != "path" and w["point"] not in hit]

    def _compared(self, entry: dict[str, Any], runs: list[Any]) -> list[tuple[str, Any]]:
        return [witness_result(witness, runs) for witness in entry["witnesses"] if witness["kind"] != "path"]

    def _runs(self, entry: dict[str, Any], count: int, control: bool, tolerant: bool) -> list[dict[str, Any]]:
        results: list[dict[str, Any] | None] = [None] * count

        def one(index: int) -> None:
            with self.slots:
                if not self.stopped.is_set():
                    results[index] = self._run(entry, HASH_SEEDS[index % 2], control, tolerant)

        threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [result for result in results if result is not None]

    def _run(self, entry: dict[str, Any], hash_seed: str, control: bool, tolerant: bool) -> dict[str, Any]:
        with self.lock:
            self.number += 1
            number = self.number
            self.document["processes"] += 1
        kind = ("control" if control else "run") + ("-tolerant" if tolerant else "")
        folder = os.path.join(self.folder, f"{number:03d}-{entry['slug']}-{kind}")
        config = self._prepare(entry, folder, control, tolerant)
        zygote = self.zygotes.get(hash_seed) if not entry.get("cold") else None
        deadline = time.monotonic() + self.plan["timeout"] + 15
        if zygote is not None:
            zygote.start({"config": config["path"], "keep": self.keep})
            alive = zygote.process
        else:
            command = [sys.executable, "-m", "seedlint_probe.supervisor", config["path"]]
            alive = subprocess.Popen(
                command, env={**self.environment(hash_seed), **config["environment"]}, cwd=config["cwd"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        ended = os.path.join(config["out"], "ended.json")
        looked = time.monotonic()
        while not os.path.exists(ended) and not self.stopped.is_set():
            now = time.monotonic()
            if now > deadline or (alive.poll() is not None and not os.path.exists(ended)):
                break
            if now > looked + 0.5:
                looked = now
                if supervisor.gone(folder) and not os.path.exists(ended):
                    break
            time.sleep(0.005)
        if zygote is None:
            self._finish(alive)
        answer = collect(config)
        answer["folder"] = folder
        if not self.plan["keep"]:
            shutil.rmtree(folder, ignore_errors=True)
        return answer

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _prepare(self, entry: dict[str, Any], folder: str, control: bool, tolerant: bool) -> dict[str, Any]:
        root, out, temporary = (os.path.join(folder, name) for name in ("tree", "out", "tmp"))
        for name in (root, out, temporary):
            os.makedirs(name)
        project = self.plan["projects"][entry["project"]]
        write_tree(root, project["tree"])
        if tolerant:
            write_tree(root, project["tolerant"])
        write_tree(root, entry["tolerant" if tolerant else "tree"])
        for name, target in project["links"].items():
            place = os.path.join(root, name)
            if not os.path.lexists(place) and os.path.exists(target):
                os.makedirs(os.path.dirname(place), exist_ok=True)
                os.symlink(target, place)
        script = os.path.join(root, entry["script"]) if entry["script"] else ""
        sys_path = [root, *[os.path.join(root, name) for name in project["sys_path"]]]
        first = [os.path.dirname(script)] if script else []
        config: dict[str, Any] = {
            "path": os.path.join(folder, "run.json"),
            "folder": folder,
            "root": root,
            "out": out,
            "cwd": os.path.join(root, entry.get("cwd", "")),
            "script": script,
            "module": entry["module"],
            "pytest": entry["pytest"],
            "argv": entry["argv"],
            "given": entry["given"],
            "sys_path": first + sys_path,
            "points": entry["points"],
            "wanted": entry["wanted"],
            "absent": project["absent"] if tolerant else [],
            "control": control,
            "fence": self.plan["fence"],
            "timeout": self.plan["timeout"],
            "cpu_seconds": int(self.plan["timeout"] * 4) + 10,
            "memory": self.plan["memory"] if self.plan["device"] == "cpu" else 0,
            "file_size": 1 << 30,
        }
        path = os.pathsep.join([*sys_path, self.plan_path()])
        config["environment"] = {"TMPDIR": temporary, "MPLCONFIGDIR": temporary, "PYTHONPATH": path}
        with open(config["path"], "w", encoding="utf-8") as handle:
            json.dump(config, handle, indent=1)
        return config

    def _say(self, message: dict[str, Any]) -> None:
        with self.lock:
            print(json.dumps(message), file=sys.stderr, flush=True)


class Zygote:
    """One warm process."""

    def __init__(self, conductor: Conductor, hash_seed: str, names: list[str]) -> None:
        fenced = "1" if conductor.plan["fence"] else "0"
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "seedlint_probe.zygote", conductor.folder, json.dumps(names), fenced],
            env=conductor.environment(hash_seed), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ready(self) -> dict[str, Any] | None:
        """The states of its streams once all is imported; None when it died."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def start(self, request: dict[str, Any]) -> None:
        """Fork a run."""
        assert self.process.stdin is not None
        with self.lock:
            try:
                self.process.stdin.write((json.dumps(request) + "\n").encode())
                self.process.stdin.flush()
            except OSError:
                pass


def witness_result(witness: dict[str, Any], runs: list[Any]) -> tuple[str, Any]:
    """The most telling comparison of a witness's hits over all pairs with the first run."""
    best: tuple[str, Any] = (compare.NONE, None)
    order = [compare.NONE, compare.SAME, compare.UNMOVED, compare.ALIKE, compare.DIFFERENT]
    hits = [[h for h in run["hits"] if h["point"] == witness["point"]] for run in runs]
    for other in hits[1:]:
        found = compare.compare(hits[0], other, witness["stream"], witness["kind"])
        if order.index(found[0]) > order.index(best[0]):
            best = found
    return best


def collect(config: dict[str, Any]) -> dict[str, Any]:
    """What one run left behind."""
    out: dict[str, Any] = {"how": "lost", "reason": "the run and its supervisor are gone", "hits": [], "skips": []}
    folder = config["out"]
    for name in ("ended.json", "error.json"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            try:
                with open(path, encoding="utf-8") as handle:
                    out.update(json.load(handle))
            except ValueError:
                pass
    if out["how"] != "lost":
        out.setdefault("reason", "")
    if out["how"] == "ended":
        out["reason"] = ""
    if out["how"] == "lost":
        return out
    for name in sorted(os.listdir(folder)):
        if name.startswith("hits-"):
            for record in supervisor.read_hits(os.path.join(folder, name)):
                out["hits" if "point" in record else "skips"].append(record)
    return out


def strip(run: dict[str, Any]) -> dict[str, Any]:
    """How a run ended, without its hits."""
    return {key: run[key] for key in ("how", "reason", "error", "place", "status") if key in run}


def write_tree(root: str, files: dict[str, str]) -> None:
    """Write a tree's files; those that are no text are given in base64 after `base64:`."""
    import base64

    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = base64.b64decode(text[7:]) if text.startswith("base64:") else text.encode("utf-8", "surrogatepass")
        with open(path, "wb") as handle:
            handle.write(data)


_SECRETS = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY")


def _secret(name: str) -> bool:
    return any(word in name.upper() for word in _SECRETS) or name.upper().endswith("_KEY")


def main(plan: dict[str, Any], folder: str) -> dict[str, Any]:
    """Carry out a plan; what is known is returned also when the process is told to stop."""
    for project in plan["projects"]:
        project["absent"] = [name for name in project["optional"] if not _installed(name)]
    fence.adopt_orphans()
    conductor = Conductor(plan, folder)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: conductor.stopped.set())
    try:
        return conductor.carry_out()
    finally:
        conductor.close()


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
