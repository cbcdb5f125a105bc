"""Several processes: who does what, and that they end with one network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from research.tests.support import REPOSITORY, tiny_config
from research.tests.unit.training.runs import differing, epochs_of, weights_of
from torch import nn

from marscrop_research.errors import ConfigError
from marscrop_research.training.distributed import World, join_world
from marscrop_research.training.loop import batch_norms

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("items", "size"), [(8, 2), (9, 2), (7, 3), (5, 4), (4, 4), (1, 1), (1, 2), (1, 4), (2, 5)]
)
def test_shares_are_equally_long_and_hold_everything(items: int, size: int) -> None:
    """A process with less to do would leave the others waiting for its gradients."""
    shares = [World(rank, size, CPU).share(range(items)) for rank in range(size)]
    assert {len(share) for share in shares} == {-(-items // size)}
    assert {item for share in shares for item in share} == set(range(items))


def test_alone_has_everything_in_order() -> None:
    assert World(0, 1, CPU).share("abcde") == list("abcde")


def test_only_the_first_leads() -> None:
    assert [World(rank, 3, CPU).leads for rank in range(3)] == [True, False, False]


def test_alone_wraps_nothing() -> None:
    model = nn.Linear(2, 2)
    assert World(0, 1, CPU).wrap(model) is model


def test_alone_the_leaders_value_is_ones_own() -> None:
    assert World(0, 1, CPU).from_leader(0.1) == 0.1


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_without_torchrun_one_is_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with join_world(name) as world:
        assert world == World(0, 1, CPU)


SCRIPT = """
import json, sys
from pathlib import Path
import torch
from marscrop_research.config import Config
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.network.mars import Mars
from marscrop_research.training import loop
from marscrop_research.training.distributed import join_world

networks = []
def remembered(config):
    networks.append(Mars(config))
    return networks[-1]
loop.Mars = remembered

config, data, folder = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
with join_world("cpu") as world:
    steps = []
    share = type(world).share
    class Counting(type(world)):
        def share(self, items):
            mine = share(self, items)
            steps.append(sorted(r.path.name for b in mine for r, _ in b.items))
            return mine
    world = Counting(world.rank, world.size, world.device)
    records = load_fcdb(data).crops()
    outcome = loop.train(Config.from_table(config), records, folder, world)
    said = {"best_iou": outcome.best_iou, "best_epoch": outcome.best_epoch, "photos": steps}
    (folder / f"rank_{world.rank}.json").write_text(json.dumps(said))
    content = {"model": dict(networks[0].named_parameters()), "config": {}}
    torch.save(content, folder / f"rank_{world.rank}.pt")
"""


@pytest.fixture(scope="module")
def pair(fcdb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of two processes under torchrun, on the CPU."""
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        pytest.skip(f"torchrun needs a port of this machine, and there is none ({error})")
    folder = tmp_path_factory.mktemp("pair")
    script = folder / "script.py"
    script.write_text(SCRIPT)
    config = tiny_config(train={"epochs": 2})
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
    where = ["--standalone", "--local-addr", "127.0.0.1"]
    arguments = [str(script), json.dumps(config.to_table()), str(fcdb), str(folder / "run")]
    loopback = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    ended = subprocess.run(
        [sys.executable, *torchrun, *where, *arguments],
        env={
            **os.environ,
            **loopback,
            "PYTHONPATH": str(REPOSITORY),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return folder / "run"


def said(folder: Path) -> list[dict[str, object]]:
    return [json.loads((folder / f"rank_{rank}.json").read_text()) for rank in range(2)]


def test_two_processes_end_with_the_same_weights(pair: Path) -> None:
    first, second = (weights_of(pair / f"rank_{rank}.pt") for rank in range(2))
    assert differing(first, second) == []


def test_two_processes_train_on_different_photos(pair: Path) -> None:
    first, second = said(pair)
    assert first["photos"] != second["photos"]


def test_two_processes_agree_on_the_best_epoch(pair: Path) -> None:
    first, second = said(pair)
    assert first["best_iou"] == second["best_iou"]
    assert first["best_epoch"] == second["best_epoch"]


def test_two_processes_write_one_log(pair: Path) -> None:
    lines = epochs_of(pair)
    assert [line["epoch"] for line in lines] == [0, 1]
    assert [line["marscrop iou"] for line in lines][said(pair)[0]["best_epoch"]] == (  # type: ignore[call-overload]
        said(pair)[0]["best_iou"]
    )


def test_leaders_checkpoint_holds_the_shared_weights(pair: Path) -> None:
    checkpoint, shared = weights_of(pair / "last.pt"), weights_of(pair / "rank_1.pt")
    assert differing({name: checkpoint[name] for name in shared}, shared) == []


def test_norms_that_span_several_gpus_are_found_to_be_frozen() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Sequential(nn.BatchNorm2d(4)))
    assert len(batch_norms(network)) == 2
    spanning = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    assert len(batch_norms(spanning)) == 2


def test_unknown_device_is_refused() -> None:
    with pytest.raises(ConfigError, match="auto, cpu or cuda; got 'gpu'"), join_world("gpu"):
        pass


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="finds no GPU"), join_world("cuda"):
        pass
