"""Fixes read as if the file's author had written them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .programs import checked, fixed, mended


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import time\n\nimport tool\n\nimport torch\n", "import random\nimport time\n\nimport tool\n\nimport torch\n"),
        ("from absl import app\n\nimport tool\n", "import random\n\nfrom absl import app\n\nimport tool\n"),
        ("# The licence.\nimport tool\n", "# The licence.\nimport random\n\nimport tool\n"),
        ('"""Trains."""\nimport tool\n', '"""Trains."""\nimport random\n\nimport tool\n'),
    ],
)
def test_an_import_stands_with_those_of_its_kind(before: str, after: str, tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import random\n\ndef pick():\n    return random.random()\n")
    text = mended(tmp_path, before + "\ntool.pick()\n")
    assert text == after + "\nrandom.seed(42)\n\ntool.pick()\n"


def test_a_library_is_imported_beside_its_other_parts_and_not_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import torch\n\ndef make():\n    return torch.rand(3)\n")
    before = "import gym\nfrom torch.utils import data\n\nimport tool\n\n\ndef main():\n    tool.make()\n\n\nmain()\n"
    after = before.replace("gym\n", "gym\nimport torch\n").replace(
        "main():\n", "main():\n    torch.manual_seed(42)\n", 1
    )
    assert mended(tmp_path, before) == after


def test_a_module_that_a_later_cell_imports_keeps_its_name(tmp_path: Path) -> None:
    cells = ["import tool", "tool.pick()", "import random\nrandom.random()"]
    (tmp_path / "tool.py").write_text("import random\n\ndef pick():\n    return random.random()\n")
    path = tmp_path / "a.ipynb"
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in cells]
    path.write_text(json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    (data,) = fixed(tmp_path).after.values()
    assert json.loads(data)["cells"][0]["source"] == "import random\n\nimport tool\n\nrandom.seed(42)"


def test_what_is_imported_with_a_star_is_called_by_its_own_name(tmp_path: Path) -> None:
    before = "from random import *\n\nprint(randint(0, 3))\n"
    assert mended(tmp_path, before) == before.replace("*\n\n", "*\n\nseed(42)\n\n")


def test_a_name_joins_the_list_that_imports_from_its_module(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(
        "import torch\n\n\ndef load():\n    return 1\n\n\ndef save():\n    return 1\n\n\n"
        "def seed_all(seed):\n    torch.manual_seed(seed)\n"
    )
    (tmp_path / "other.py").write_text("from helpers import seed_all\n\nseed_all(1)\n")
    one = "from helpers import load, save"
    spread = "from helpers import (\n    load,\n    save,\n)"
    for before, after in (
        (one, "from helpers import load, save, seed_all"),
        (spread, spread.replace("    save,\n", "    save,\n    seed_all,\n")),
    ):
        text = mended(tmp_path, f"import torch\n{before}\n\nprint(load(), save(), torch.rand(3))\n")
        assert f"import torch\n{after}\n\nseed_all(42)\n\nprint" in text


def test_a_package_that_hands_a_function_on_is_asked_for_it(tmp_path: Path) -> None:
    package = tmp_path / "kit"
    package.mkdir()
    (package / "seeds.py").write_text("import torch\n\n\ndef set_seed(seed):\n    torch.manual_seed(seed)\n")
    (package / "__init__.py").write_text("from .seeds import set_seed\n\n\ndef load():\n    return 1\n")
    (tmp_path / "other.py").write_text("import kit\n\nkit.set_seed(1)\n")
    before = "import torch\nfrom kit import load\n\nprint(load(), torch.rand(3))\n"
    after = before.replace("load\n\n", "load, set_seed\n\nset_seed(42)\n\n")
    assert mended(tmp_path, before) == after


@pytest.mark.parametrize("name", ["07_run", "runs"])
def test_no_function_is_taken_from_a_script(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text(
        "import torch\n\n\ndef set_seed(seed):\n    torch.manual_seed(seed)\n\n\nset_seed(1)\nprint(torch.rand(3))\n"
    )
    before = "import torch\n\nx = torch.rand(3)\n"
    assert mended(tmp_path, before) == "import torch\n\ntorch.manual_seed(42)\n\nx = torch.rand(3)\n"


def test_a_comment_stays_with_what_it_is_about(tmp_path: Path) -> None:
    before = (
        'import torch\n\n\ndef main():\n    """Train."""\n\n    # the model\n    print(torch.rand(3))\n\n\nmain()\n'
    )
    after = before.replace("    # the model", "    torch.manual_seed(42)\n\n    # the model")
    assert mended(tmp_path, before) == after


def test_seeds_are_parted_from_the_imports_of_a_body(tmp_path: Path) -> None:
    before = 'if __name__ == "__main__":\n    import torch\n    print(torch.rand(3))\n'
    after = before.replace("    print", "\n    torch.manual_seed(42)\n\n    print")
    assert mended(tmp_path, before) == after


def test_seeds_follow_global_and_del(tmp_path: Path) -> None:
    before = "import torch\n\n\ndef main(argv):\n    del argv\n    global x\n    x = torch.rand(3)\n\n\nmain([])\n"
    after = before.replace("global x\n", "global x\n    torch.manual_seed(42)\n")
    assert mended(tmp_path, before) == after


def test_a_child_takes_an_option_only_with_a_default_and_a_rank_only_where_it_has_one(tmp_path: Path) -> None:
    before = (
        "import argparse\nimport torch\nimport torch.multiprocessing as mp\n\n\n"
        "def worker(gpu, args):\n    print(torch.rand(3))\n\n\n"
        "if __name__ == '__main__':\n    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('--seed', type=int, default=None)\n    args = parser.parse_args()\n"
        "    if args.seed is not None:\n        print('seeded')\n"
        "    mp.spawn(worker, nprocs=2, args=(args,))\n    worker(None, args)\n"
    )
    assert mended(tmp_path, before) == before
    after = mended(tmp_path, before, unsafe=True)
    assert "def worker(gpu, args):\n    torch.manual_seed(args.seed)\n" in after
    assert "default=42" in after


def test_a_branch_that_seeds_gets_another_that_does(tmp_path: Path) -> None:
    before = (
        "import sys\nimport torch\n\n\ndef main(cfg):\n    # repeatable\n    if cfg.get('seed'):\n"
        "        torch.manual_seed(cfg['seed'])\n    print(torch.rand(3))\n\n\n"
        "main(dict(a.split('=') for a in sys.argv))\n"
    )
    after = before.replace("['seed'])\n", "['seed'])\n    else:\n        torch.manual_seed(42)\n")
    assert mended(tmp_path, before) == before
    assert mended(tmp_path, before, unsafe=True) == after


def test_a_seed_in_a_loop_counts_with_it_or_is_left_alone(tmp_path: Path) -> None:
    before = (
        "import time\nimport numpy as np\n\nfor epoch in range(3):\n"
        "    np.random.seed(int(time.time()))\n    print(np.random.rand())\n"
    )
    after = before.replace("int(time.time())", "42 + epoch")
    assert mended(tmp_path, before) == after
    unknown = before.replace("epoch in range(3)", "_ in range(3)")
    assert mended(tmp_path, unknown, unsafe=True) == unknown


def test_a_seed_from_elsewhere_is_never_replaced(tmp_path: Path) -> None:
    before = (
        "import random\n\n\nclass Reader:\n    def __init__(self, seed=None):\n        self.seed = seed\n\n"
        "    def read(self):\n        return random.Random(self.seed).random()\n\n\nprint(Reader().read())\n"
    )
    assert "random.Random(self.seed)" in mended(tmp_path, before, unsafe=True)


def test_a_setting_that_its_author_chose_is_changed_only_when_asked(tmp_path: Path) -> None:
    before = (
        "import torch\nimport torch.nn as nn\n\ntorch.backends.cudnn.benchmark = True\n"
        "net = nn.Conv2d(3, 3, 3).cuda()\nnet(torch.ones(1, 3, 8, 8).cuda()).sum().backward()\n"
    )
    safe = mended(tmp_path, before)
    assert "torch.manual_seed(42)\n" in safe
    assert "benchmark = True" in safe
    assert "benchmark = False" in mended(tmp_path, before, unsafe=True)


def test_settings_of_a_function_that_others_share_stay(tmp_path: Path) -> None:
    helper = "import torch\n\n\ndef set_seed(seed):\n    torch.manual_seed(seed)\n"
    (tmp_path / "helpers.py").write_text(helper)
    train = "net = torch.nn.Conv2d(3, 3, 3).cuda()\nnet(torch.ones(1, 3, 8, 8).cuda()).sum().backward()\n"
    (tmp_path / "other.py").write_text("from helpers import set_seed\n\nset_seed(1)\n")
    text = mended(tmp_path, f"import torch\n\n{train}")
    assert text == f"import torch\n\nfrom helpers import set_seed\n\nset_seed(42)\n\n{train}"
    assert (tmp_path / "helpers.py").read_text() == helper


def test_one_seed_at_the_start_serves_all_late_draws_that_no_move_reaches(tmp_path: Path) -> None:
    before = (
        "import torch\n\n\ndef first():\n    return torch.rand(3)\n\n\ndef later():\n"
        "    print(torch.rand(3))\n    torch.manual_seed(len('abc'))\n    print(torch.rand(3))\n\n\n"
        "first()\nfor _ in range(2):\n    later()\n"
    )
    after = before.replace("torch\n\n\n", "torch\n\ntorch.manual_seed(42)\n\n\n", 1)
    assert mended(tmp_path, before) == after


def test_a_cell_that_cannot_be_parsed_does_not_keep_the_others_from_being_fixed(tmp_path: Path) -> None:
    cells = ["import torch", "x = torch.rand(3)", "def todo(:"]
    path = tmp_path / "a.ipynb"
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": [text]} for text in cells]
    path.write_text(json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    result = fixed(tmp_path)
    (data,) = result.after.values()
    assert not result.remaining
    texts = ["".join(cell["source"]) for cell in json.loads(data)["cells"]]
    assert texts == ["import torch\n\ntorch.manual_seed(42)", *cells[1:]]


def test_a_line_that_leaves_a_cell_takes_its_string_along(tmp_path: Path) -> None:
    lines = ["import torch\n", "net = torch.nn.Linear(3, 3)\n", "torch.manual_seed(0)\n", "x = torch.rand(3)"]
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": lines}
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1))
    (data,) = fixed(tmp_path).after.values()
    assert json.loads(data)["cells"][0]["source"] == [lines[0], lines[2], lines[1], lines[3]]


def test_what_no_entry_reaches_is_only_advised(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text("import numpy as np\n\n\ndef noise():\n    return np.random.rand(3)\n")
    (finding,) = checked(tmp_path).findings
    assert finding.fix is not None
    assert (finding.fix.applicability.value, bool(finding.fix.reason)) == ("display", True)


def test_a_function_that_runs_in_a_loop_is_not_the_place_to_seed(tmp_path: Path) -> None:
    before = "import torch\n\n\ndef train():\n    print(torch.rand(3))\n\n\nfor epoch in range(3):\n    train()\n"
    assert mended(tmp_path, before) == before.replace("torch\n\n\n", "torch\n\ntorch.manual_seed(42)\n\n\n", 1)


def test_the_function_that_most_entries_call_is_preferred(tmp_path: Path) -> None:
    helper = "import torch\n\n\ndef seed_all(seed):\n    torch.manual_seed(seed)\n"
    (tmp_path / "a_helper.py").write_text(helper)
    (tmp_path / "z_helper.py").write_text(helper)
    for name, module in (("one.py", "a_helper"), ("two.py", "z_helper"), ("three.py", "z_helper")):
        (tmp_path / name).write_text(f"from {module} import seed_all\n\nseed_all(1)\n")
    before = "import torch\n\nprint(torch.rand(3))\n"
    assert "from z_helper import seed_all\n" in mended(tmp_path, before)


def test_a_module_of_a_package_does_not_seed_before_it_imports(tmp_path: Path) -> None:
    package = tmp_path / "kit"
    package.mkdir()
    (package / "__init__.py").write_text("from . import weights\n")
    (package / "weights.py").write_text("import torch\n\nSTART = torch.rand(3)\n")
    unused = "from kit.weights import START\n\n\ndef use():\n    return START\n"
    assert mended(tmp_path, unused, unsafe=True, name="kit/unused.py") == unused


def test_a_seed_that_is_added_follows_one_that_is_moved(tmp_path: Path) -> None:
    before = (
        "import numpy as np\nimport torch\n\nnet = torch.nn.Linear(3, 3)\ntorch.manual_seed(0)\n"
        "print(net, np.random.rand())\n"
    )
    after = (
        "import numpy as np\nimport torch\n\ntorch.manual_seed(0)\nnp.random.seed(0)\nnet = torch.nn.Linear(3, 3)\n"
        "print(net, np.random.rand())\n"
    )
    assert mended(tmp_path, before, unsafe=True) == after
