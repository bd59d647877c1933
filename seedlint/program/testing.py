"""How a project has its tests run: the options of its test runner, and the plugins that it declares."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from seedlint.program.settings import Settings

_CONFIGURATIONS = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
"""Where the test runner is configured, by file and table; the first one that is there counts."""
_DECLARATIONS = (
    "pyproject.toml", "setup.cfg", "tox.ini", "setup.py", "Pipfile", "environment.yml", "environment.yaml",
    *(
        f"{folder}{name}.txt"
        for folder in ("", "requirements/", "tests/", "test/", "dev/", "ci/", ".ci/")
        for name in (
            "requirements", "requirements-dev", "requirements_dev", "requirements-test", "requirements_test",
            "requirements-tests", "requirements_tests", "requirements-testing", "test-requirements",
            "test_requirements", "tests-requirements", "dev-requirements", "dev_requirements", "dev", "develop",
            "test", "tests", "testing",
        )
    ),
)  # fmt: skip
"""Files that may declare what is installed for the tests."""


class Runner:
    """The test runner of one project, as it is configured there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        section = next(self._sections(), {})
        options = section.get("addopts", "")
        words = options.split() if isinstance(options, str) else [str(word) for word in options]
        self.options = " ".join(word.strip("'\"") for word in words).replace("-pno:", "-p no:")
        given = section.get("usefixtures", ())
        self.fixtures = tuple(given.split() if isinstance(given, str) else map(str, given))

    def declares(self, package: str) -> bool:
        """Whether a package is named as a requirement: in a line of its own, or in a list."""
        spelled = re.sub(r"[-_.]+", "[-_.]+", package)
        named = re.compile(rf"(?:^|[\s\"',=\[])[-\s]*{spelled}(?![\w.-]*\w)", re.IGNORECASE)
        for name in _DECLARATIONS:
            text = self._settings.text(name)
            if text and any(named.search(line.partition("#")[0]) for line in text.splitlines()):
                return True
        return False

    def gives(self, option: str) -> bool:
        """Whether an option is among those that the configuration gives, as it is written there."""
        return re.search(rf"(?:^|\s){re.escape(option)}(?:\s|=|$)", self.options) is not None

    def number(self, option: str) -> bool:
        """Whether an option is given a number."""
        return re.search(rf"(?:^|\s){re.escape(option)}(?:\s+|=)\d+(?:\s|$)", self.options) is not None

    def _sections(self) -> Iterator[dict[str, Any]]:
        for name, keys in _CONFIGURATIONS:
            text = self._settings.text(name)
            section = _section(name, text, keys) if text else None
            if section is not None:
                yield section


def _section(name: str, text: str, keys: tuple[str, ...]) -> dict[str, Any] | None:
    """One table of a TOML or INI file; None if it has no such table, or cannot be read."""
    if not name.endswith(".toml"):
        import configparser

        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(text)
        except configparser.Error:
            return None
        return dict(parser[keys[0]]) if parser.has_section(keys[0]) else None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else None
