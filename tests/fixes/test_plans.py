"""Where seeds go, and how they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedlint.config import Config

from .programs import checked, fixed, mended


def test_after_the_imports_of_a_script(tmp_path: Path) -> None:
    before = "import torch\nimport torch.nn as nn\n\n\n# the model\nnet = nn.Linear(3, 3)\n"
    after = "import torch\nimport torch.nn as nn\n\ntorch.manual_seed(42)\n\n\n# the model\nnet = nn.Linear(3, 3)\n"
    assert mended(tmp_path, before) == after


def test_a_seed_that_was_commented_out_is_woken(tmp_path: Path) -> None:
    before = "import torch\n\n# torch.manual_seed(1)    # reproducible\n\nx = torch.rand(3)\n"
    assert mended(tmp_path, before) == before.replace("# torch", "torch")


def test_the_number_is_configured(tmp_path: Path) -> None:
    assert "torch.manual_seed(7)" in mended(tmp_path, "import torch\nx = torch.rand(3)\n", Config(seed=7))


def test_one_block_seeds_exactly_the_streams_that_the_run_draws_from(tmp_path: Path) -> None:
    before = (
        "import random\nimport numpy as np\nimport torch\n\n"
        "def main():\n    return random.random(), np.random.rand(), torch.ones(3)\n\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    after = before.replace("main():\n", "main():\n    random.seed(42)\n    np.random.seed(42)\n", 1)
    assert mended(tmp_path, before) == after


def test_an_import_that_lacks_is_added_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text("import random\n\ndef pick(items):\n    return random.choice(items)\n")
    before = "import argparse\nimport sys\n\nfrom data import pick\n\nprint(pick(sys.argv))\n"
    after = before.replace("import sys", "import random\nimport sys").replace("pick\n\n", "pick\n\nrandom.seed(42)\n\n")
    assert mended(tmp_path, before) == after


def test_an_option_that_was_never_used_is_used(tmp_path: Path) -> None:
    before = (
        "import argparse\nimport torch\n\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--seed', type=int, default=3)\nargs = parser.parse_args()\nx = torch.rand(3)\n"
    )
    after = before.replace("parse_args()\n", "parse_args()\ntorch.manual_seed(args.seed)\n")
    assert mended(tmp_path, before) == after


def test_a_function_of_the_project_is_preferred(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(
        "import random\nimport numpy as np\nimport torch\n\n\ndef load():\n    return 1\n\n\n"
        "def set_seed(seed):\n    random.seed(seed)\n    np.random.seed(seed)\n    torch.manual_seed(seed)\n"
    )
    before = "import torch\nfrom helpers import load\n\nload()\nx = torch.rand(3)\n"
    after = "import torch\nfrom helpers import load, set_seed\n\nset_seed(42)\n\nload()\nx = torch.rand(3)\n"
    assert mended(tmp_path, before) == after


def test_a_framework_in_use_is_preferred(tmp_path: Path) -> None:
    before = "import pytorch_lightning as pl\nimport torch\n\nx = torch.rand(3)\n"
    assert "\npl.seed_everything(42, workers=True)\n" in mended(tmp_path, before)


def test_a_missing_stream_is_seeded_beside_the_others(tmp_path: Path) -> None:
    before = "import numpy as np\nimport torch\n\nseed = 1\ntorch.manual_seed(seed)\n\nx = np.random.rand(3)\n"
    after = before.replace("torch.manual_seed(seed)\n", "torch.manual_seed(seed)\nnp.random.seed(seed)\n")
    assert mended(tmp_path, before) == after


def test_a_late_seed_is_moved_up_only_when_asked(tmp_path: Path) -> None:
    before = "import torch\n\nnet = torch.nn.Linear(3, 3)\n\n# repeatable\ntorch.manual_seed(0)\nx = torch.rand(3)\n"
    after = "import torch\n\n# repeatable\ntorch.manual_seed(0)\nnet = torch.nn.Linear(3, 3)\n\nx = torch.rand(3)\n"
    assert mended(tmp_path, before) == before
    assert mended(tmp_path, before, unsafe=True) == after


def test_a_late_seed_whose_number_comes_later_gets_another_before_it(tmp_path: Path) -> None:
    before = "import torch\n\nnet = torch.nn.Linear(3, 3)\nnumber = len(str(net))\ntorch.manual_seed(number)\n"
    after = before.replace("torch\n\n", "torch\n\ntorch.manual_seed(42)\n\n", 1)
    assert mended(tmp_path, before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rng = np.random.default_rng()\n", "rng = np.random.default_rng(42)\n"),
        ("rng = np.random.RandomState(None)\n", "rng = np.random.RandomState(42)\n"),
        ("SEED = 3\nrng = np.random.default_rng()\n", "SEED = 3\nrng = np.random.default_rng(SEED)\n"),
        ("import time\nnp.random.seed(int(time.time()))\nx = np.random.rand()\n",
         "import time\nnp.random.seed(42)\nx = np.random.rand()\n"),
    ],
)  # fmt: skip
def test_generators_and_seeds_get_a_number(before: str, after: str, tmp_path: Path) -> None:
    tail = "print(rng.random())\n" if "rng" in before else ""
    assert mended(tmp_path, f"import numpy as np\n{before}{tail}") == f"import numpy as np\n{after}{tail}"


def test_a_child_is_seeded_from_its_rank(tmp_path: Path) -> None:
    before = (
        "import torch\nimport torch.multiprocessing as mp\n\n\ndef worker(rank, seed):\n"
        "    print(torch.rand(3))\n\n\nif __name__ == '__main__':\n    torch.manual_seed(0)\n"
        "    mp.spawn(worker, args=(0,), nprocs=2)\n"
    )
    assert "def worker(rank, seed):\n    torch.manual_seed(seed + rank)\n" in mended(tmp_path, before)


def test_cudnn_flags_come_with_the_seed_of_a_program_that_had_none(tmp_path: Path) -> None:
    before = (
        "import torch\nimport torch.nn as nn\n\nnet = nn.Conv2d(3, 3, 3).cuda()\n"
        "loss = net(torch.ones(1, 3, 8, 8).cuda()).sum()\nloss.backward()\n"
    )
    after = mended(tmp_path, before)
    wanted = (
        "torch.manual_seed(42)\ntorch.backends.cudnn.deterministic = True\ntorch.backends.cudnn.benchmark = False\n"
    )
    assert wanted in after


def test_two_entries_that_share_a_module_are_both_seeded(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import torch\n\ndef make():\n    return torch.nn.Linear(3, 3)\n")
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("import torch\nfrom model import make\n\nmake()\n")
    result = fixed(tmp_path, unsafe=False)
    assert sorted(path.name for path in result.after) == ["one.py", "two.py"]
    assert not result.remaining


def test_a_suppressed_finding_is_not_fixed(tmp_path: Path) -> None:
    before = "import torch\n\nx = torch.rand(3)  # seedlint: ignore[SDL101]\n"
    assert mended(tmp_path, before) == before


def test_an_import_joins_those_of_its_form(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text("import numpy as np\n\ndef pick():\n    return np.random.rand()\n")
    before = "import sys\nimport torch\nsys.path.append('..')\nfrom data import pick\n\npick()\nprint(torch.ones(3))\n"
    assert "import sys\nimport numpy as np\nimport torch\nsys.path" in mended(tmp_path, before)


def test_operations_on_cuda_ask_for_deterministic_algorithms_only_when_told(tmp_path: Path) -> None:
    before = (
        "import torch\n\ntorch.manual_seed(0)\nx = torch.zeros(10).cuda()\n"
        "i = torch.randint(0, 10, (100,)).cuda()\nx.index_add_(0, i, torch.rand(100).cuda())\n"
    )
    after = before.replace("seed(0)\n", "seed(0)\ntorch.use_deterministic_algorithms(True, warn_only=True)\n")
    assert mended(tmp_path, before) == before
    assert mended(tmp_path, before, unsafe=True) == after


@pytest.mark.parametrize("number", ["worker_id", "np.random.get_state()[1][0] + worker_id", "0"])
def test_a_worker_takes_the_number_that_its_loader_gave_it(number: str, tmp_path: Path) -> None:
    before = (
        "import numpy as np\nimport torch\nfrom torch.utils.data import DataLoader, Dataset\n\n\n"
        "class Noise(Dataset):\n    def __len__(self):\n        return 8\n\n"
        "    def __getitem__(self, i):\n        return np.random.rand()\n\n\n"
        f"def init(worker_id):\n    np.random.seed({number})\n\n\n"
        "if __name__ == '__main__':\n    torch.manual_seed(0)\n    np.random.seed(0)\n"
        "    for _ in range(2):\n        print(list(DataLoader(Noise(), num_workers=2, worker_init_fn=init)))\n"
    )
    after = before.replace(f"seed({number})\n\n\nif", "seed(torch.initial_seed() % 2**32)\n\n\nif")
    assert mended(tmp_path, before, unsafe=True) == after


def test_devices_are_seeded_by_name_where_the_style_is_asked_for(tmp_path: Path) -> None:
    before = "import torch\n\ntorch.manual_seed(3)\nnet = torch.nn.Linear(3, 3).cuda()\n"
    after = before.replace("seed(3)\n", "seed(3)\ntorch.cuda.manual_seed_all(3)\n")
    assert mended(tmp_path, before, Config(extend_select=("SDL901",))) == after


def test_advice_says_why_it_is_no_fix(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "import torch\n\ntorch.manual_seed(0)\n"
        "print(torch.bincount(torch.ones(3, dtype=torch.int64).cuda(), weights=torch.rand(3).cuda()))\n"
    )
    (finding,) = checked(tmp_path).findings
    assert finding.fix is not None
    assert (finding.code, finding.fix.applicability.value, finding.fix.edits) == ("SDL303", "display", ())
    assert finding.fix.reason


def test_a_constant_of_the_settings_is_used(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("SEED = 3\nRATE = 0.1\n")
    before = (
        "import torch\nfrom config import RATE, SEED\n\n\ndef main():\n    print(torch.rand(3) * RATE)\n\n\nmain()\n"
    )
    assert mended(tmp_path, before) == before.replace("():\n", "():\n    torch.manual_seed(SEED)\n", 1)


def test_a_function_joins_the_names_that_its_module_gives_already(tmp_path: Path) -> None:
    before = "import torch\nfrom transformers import AutoModel\n\nprint(AutoModel, torch.rand(3))\n"
    after = mended(tmp_path, before)
    assert "from transformers import AutoModel, set_seed\n" in after
    assert "set_seed(42)" in after


def test_a_seed_that_comes_with_an_object_is_given_before_it_as_well(tmp_path: Path) -> None:
    before = (
        "import torch\nfrom transformers import Trainer, TrainingArguments\n\n\n"
        "def main():\n    net = torch.nn.Linear(3, 3)\n"
        "    trainer = Trainer(model=net, args=TrainingArguments('out'))\n    trainer.train()\n\n\nmain()\n"
    )
    after = mended(tmp_path, before)
    assert "import Trainer, TrainingArguments, set_seed\n" in after
    assert "def main():\n    set_seed(42)\n    net" in after


def test_a_call_whose_value_is_used_is_never_replaced_by_a_seed(tmp_path: Path) -> None:
    before = (
        "import time\n\nfrom transformers import AutoModel, Trainer, TrainingArguments\n\n"
        "seed = int(time.time())\nargs = TrainingArguments(output_dir='out', seed=seed)\n"
        "model = AutoModel.from_pretrained('gpt2')\ntrainer = Trainer(model=model, args=args)\ntrainer.train()\n"
    )
    after = mended(tmp_path, before)
    assert "trainer = Trainer(model=model, args=args)\n" in after
    assert "model = AutoModel.from_pretrained('gpt2')\n" in after


def test_of_what_a_call_is_given_only_the_seed_becomes_a_number(tmp_path: Path) -> None:
    before = (
        "import time\n\nfrom stable_baselines3 import PPO\n"
        "from stable_baselines3.common.env_util import make_vec_env\n\n"
        "seed = int(time.time())\nenv = make_vec_env('CartPole-v1')\n"
        "model = PPO(env=env, policy='MlpPolicy', seed=seed)\nmodel.learn(100)\n"
    )
    assert mended(tmp_path, before) == before.replace("int(time.time())", "42")


def test_what_takes_its_seed_in_an_object_is_given_one(tmp_path: Path) -> None:
    before = "import optuna\n\nstudy = optuna.create_study()\nstudy.optimize(print, n_trials=3)\n"
    after = before.replace("study()", "study(sampler=optuna.samplers.TPESampler(seed=42))")
    assert mended(tmp_path, before) == after


def test_what_takes_its_seed_in_an_object_is_left_alone_where_the_file_cannot_name_it(tmp_path: Path) -> None:
    before = "from optuna import create_study\n\nstudy = create_study()\nstudy.optimize(print, n_trials=3)\n"
    (tmp_path / "train.py").write_text(before)
    assert mended(tmp_path, before) == before
