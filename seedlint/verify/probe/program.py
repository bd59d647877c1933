"""Runs one entry in this process, as Python itself would run it, with the observer in place."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
import types
from typing import Any

from . import hooks, kernels, observe, options, standins, streams

VARIABLE = "SEEDLINT_RUN"
ENDED, FAILED = 0, 70


def attach() -> None:
    """Put the observer into a Python process that the program started."""
    path = os.environ.get(VARIABLE)
    if path and not hasattr(__import__("builtins"), observe.NAME):
        with open(path, encoding="utf-8") as handle:
            config = json.load(handle)
        observer = observe.install(config)
        observer.main = -1
        standins.install(config)


def run(config: dict[str, Any]) -> int:
    """Run the entry to its end; what stopped it is written down. Returns the process's status."""
    os.environ[VARIABLE] = config["path"]
    os.chdir(config["cwd"])
    sys.argv = [config["script"] or config["module"], *config["argv"]]
    sys.path[:] = [*config["sys_path"], *[p for p in sys.path if p not in config["sys_path"]]]
    observer = observe.install(config)
    standins.install(config)
    options.install(config)
    if config["control"]:
        streams.seed_all(observer.seeded)
        if any(witness["kind"] == "kernel" for witnesses in config["points"].values() for witness in witnesses):
            hooks.when_imported("torch", lambda torch: kernels.make_deterministic())
    if config["script"].endswith("_notebook.py"):
        setattr(__import__("builtins"), "display", lambda *values, **options: None)  # noqa: B010 - as IPython does
    try:
        _execute(config)
    except SystemExit as error:
        if error.code not in (None, 0):
            _note(config, f"the program exits with {error.code!r}", "")
            return FAILED
    except BaseException as error:
        _note(config, f"{type(error).__name__}: {error}", _where(error, config["root"]))
        traceback.print_exc()
        return FAILED
    return ENDED


def _execute(config: dict[str, Any]) -> None:
    if config["pytest"]:
        import pytest  # type: ignore[import-not-found, unused-ignore]

        raise SystemExit(int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", config["script"]])))
    main = types.ModuleType("__main__")
    main.__builtins__ = __import__("builtins")  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    if config["module"]:
        spec = importlib.util.find_spec(config["module"])
        if spec is None or spec.loader is None:
            raise ImportError(f"no module named {config['module']}")
        main.__spec__, main.__package__, main.__file__ = spec, spec.parent, spec.origin
        code = spec.loader.get_code(config["module"])  # type: ignore[attr-defined]
    else:
        main.__file__ = config["script"]
        with open(config["script"], "rb") as handle:
            code = compile(handle.read(), config["script"], "exec")
    exec(code, main.__dict__)


def _where(error: BaseException, root: str) -> str:
    """The last place in the project's own code that an error went through."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(root + os.sep):
            place = f"{os.path.relpath(name, root)}:{trace.tb_lineno}".replace(os.sep, "/")
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(root):
        place = f"{os.path.relpath(error.filename, root)}:{error.lineno}"
    return place


def _note(config: dict[str, Any], message: str, place: str) -> None:
    with open(os.path.join(config["out"], "error.json"), "w", encoding="utf-8") as handle:
        json.dump({"error": message[:500], "place": place}, handle)
