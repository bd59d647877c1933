"""The house rules: who may import what, what a rule is made of, and what is installed."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedlint import registry
from seedlint.report import rules_index
from seedlint.rule import Rule, Severity

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "seedlint"
ROOM = ROOT / "rules" / "seedlint_rules"
ADAPTERS = ENGINE / "verify"
OPENS_TREES = (ENGINE / "syntax", ENGINE / "fixes", ROOM)
NO_RULE = {"__init__", "wording"}
RANDOM_LIBRARIES = ("torch", "numpy", "sklearn", "scipy", "tensorflow", "keras", "jax", "cupy", "lightning", "pandas")
FORBIDDEN_IMPORTS = ("libcst.matchers", "libcst.codemod", "libcst.metadata")
JUNK_DRAWERS = {"utils", "util", "common", "helpers", "misc"}

ENGINE_FILES = sorted(ENGINE.rglob("*.py"))
ALL_FILES = [*ENGINE_FILES, *sorted(ROOM.rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports when it runs."""
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            yield child
            yield from _running(child)


def named(path: Path) -> Iterator[tuple[int, str]]:
    """(line, word) of each identifier and each word in a text of the program; docstrings are not part of it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield from ((node.lineno, word) for word in re.findall(r"\w+", node.value))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", ENGINE_FILES, ids=relative)
class TestTheEngine:
    def test_imports_no_rule(self, path: Path) -> None:
        assert not [name for name in imports(path) if name.split(".")[0] == registry.BUILT_IN]

    def test_names_no_random_library_outside_the_adapters(self, path: Path) -> None:
        if ADAPTERS in path.parents:
            pytest.skip("an adapter")
        assert not [(line, word) for line, word in named(path) if word in RANDOM_LIBRARIES]


@pytest.mark.parametrize("path", ALL_FILES, ids=relative)
class TestEveryFile:
    def test_opens_trees_only_in_the_rooms_that_may(self, path: Path) -> None:
        if not any(room in path.parents for room in OPENS_TREES):
            assert not [name for name in imports(path) if name.split(".")[0] == "libcst"]

    def test_imports_no_part_of_libcst_that_is_slow_to_start(self, path: Path) -> None:
        found = [name for name in imports(path) if name.startswith(FORBIDDEN_IMPORTS)]
        assert not found

    def test_is_no_junk_drawer(self, path: Path) -> None:
        assert path.stem not in JUNK_DRAWERS


class TestRules:
    def test_are_pairs_of_a_module_and_a_page(self) -> None:
        modules = {path.stem for path in ROOM.glob("*.py")} - NO_RULE
        pages = {path.stem for path in ROOM.glob("*.md")} - NO_RULE
        assert modules == pages == {rule.__module__.rpartition(".")[2] for rule in registry.rules()}

    def test_are_called_like_their_files_and_classes(self) -> None:
        for rule in registry.rules():
            assert rule.__module__ == f"{registry.BUILT_IN}.{rule.name.replace('-', '_')}"
            assert rule.__name__ == rule.name.title().replace("-", "")

    def test_have_codes_and_names_of_their_own(self) -> None:
        classes = [
            (node.name, statement.targets[0].id, statement.value.value)
            for path in ROOM.glob("*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ClassDef)
            for statement in node.body
            if isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and isinstance(statement.value, ast.Constant)
        ]
        for attribute, form in (("code", r"SDL[1-4]0\d|SDL90\d"), ("name", r"[a-z]+(-[a-z]+)+")):
            values = [value for _, target, value in classes if target == attribute]
            assert len(values) == len(set(values)) == len(registry.rules())
            assert all(re.fullmatch(form, str(value)) for value in values)

    def test_that_ask_for_style_are_opt_in_notes(self) -> None:
        for rule in registry.rules():
            assert rule.default is not rule.code.startswith("SDL9")
            assert (rule.severity is Severity.NOTE) is not rule.default

    def test_are_found_without_a_central_list(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shutil.copytree(ROOM, tmp_path / "seedlint_rules_copy")
        text = (ROOM / "late_seed.py").read_text(encoding="utf-8")
        added = text.replace("SDL102", "SDL199").replace("late-seed", "added-rule").replace("LateSeed", "AddedRule")
        (tmp_path / "seedlint_rules_copy" / "added_rule.py").write_text(added, encoding="utf-8")
        (tmp_path / "seedlint_rules_copy" / "added_rule.md").write_text("# SDL199 added-rule\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(registry, "packages", lambda: (tmp_path / "seedlint_rules_copy",))
        found: tuple[type[Rule], ...] = registry.rules.__wrapped__()
        assert "SDL199" in {rule.code for rule in found}


def loaded_by(*arguments: str, folder: Path) -> set[str]:
    """The modules that a run of seedlint has imported at its end."""
    code = (
        "import sys\nfrom seedlint.cli import main\n"
        f"try:\n    status = main({list(arguments)!r})\nexcept SystemExit as end:\n    status = end.code\n"
        "open('modules', 'w').write('\\n'.join(sys.modules))\nraise SystemExit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set((folder / "modules").read_text(encoding="utf-8").split())


class TestALightStart:
    def test_version_imports_no_parser_of_trees_and_no_numbers(self, tmp_path: Path) -> None:
        assert not loaded_by("--version", folder=tmp_path) & {"libcst", "torch", "numpy", "rich"}

    def test_a_clean_run_imports_neither(self, tmp_path: Path) -> None:
        text = "import numpy as np\nimport torch\n\ntorch.manual_seed(0)\nnp.random.seed(0)\nprint(torch.rand(3))\n"
        (tmp_path / "train.py").write_text(text, encoding="utf-8")
        assert not loaded_by(".", "--no-cache", folder=tmp_path) & {"libcst", "torch", "numpy"}

    def test_findings_do_not_import_what_they_are_about(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text("import torch\n\nprint(torch.rand(3))\n", encoding="utf-8")
        found = loaded_by(".", "--no-cache", "--exit-zero", folder=tmp_path)
        assert not found & {"torch", "numpy"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published, built from a copy of what belongs in it."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("seedlint", "rules"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, source / name)
    here = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(source),
    ]
    done = subprocess.run(here, capture_output=True, text=True, check=False)
    if done.returncode and "hatchling" in done.stderr:
        here.remove("--no-build-isolation")
        done = subprocess.run(here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


class TestWhatIsInstalled:
    def test_is_two_packages(self, wheel: Path) -> None:
        top = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
        assert {name for name in top if not name.endswith(".dist-info")} == {"seedlint", "seedlint_rules"}

    def test_holds_each_rule_with_its_page_and_every_table(self, wheel: Path) -> None:
        names = set(zipfile.ZipFile(wheel).namelist())
        here = {f"seedlint_rules/{path.relative_to(ROOM).as_posix()}" for path in ROOM.rglob("*.*") if _ships(path)}
        assert here <= names


def _ships(path: Path) -> bool:
    return path.suffix in (".py", ".md", ".toml") and "__pycache__" not in path.parts


def test_the_readme_lists_every_rule() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert rules_index.replaced(text, rules_index.table(registry.rules())) == text, (
        "bring it up to date: python -m seedlint.report.rules_index README.md"
    )
