"""`marscrop evaluate` as a researcher sees it: tables, JSON, the page, the files of peers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from research.tests.support import VALIDATION, make_fcdb, settled_network, tiny_config
from tests.unit.cli.conftest import Cli

from marscrop import Cropper
from marscrop.geometry import iou
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.evaluation.agreement import boundary_displacement
from marscrop_research.network.checkpoint import save_checkpoint

FAST = ("--resamples", 100)


@pytest.fixture(scope="module")
def fcdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three validation photos, for reading only."""
    return make_fcdb(tmp_path_factory.mktemp("evaluate") / "fcdb")


def evaluated(cli: Cli, *arguments: object) -> dict[str, Any]:
    result = cli("evaluate", *arguments, *FAST, "--json")
    assert result.code == 0, result.err
    table: dict[str, Any] = json.loads(result.out)
    return table


def means(table: dict[str, Any], protocol: int = 0) -> dict[str, float]:
    methods = table["protocols"][protocol]["methods"]
    return {method: figures["iou"]["mean"] for method, figures in methods.items()}


def test_plain_command_prints_every_method(cli: Cli, fcdb: Path) -> None:
    result = cli("evaluate", "--data", fcdb)
    assert (result.code, result.err) == (0, "")
    first_words = [line.split("  ")[0] for line in result.out.splitlines()]
    for method in ("centre crop", "section 3.4", "search"):
        assert first_words.count(method) == 2  # its means, and its difference
    assert first_words.count("marscrop") == 1
    assert "3 photos and 3 human boxes compared; 0 records skipped." in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_figures_are_those_of_the_boxes_that_people_get(
    cli: Cli, fcdb: Path, cropper: Cropper
) -> None:
    found = evaluated(cli, "--data", fcdb)
    records = load_fcdb(fcdb).crops("validation")
    boxes = [cropper.crop(r.path, r.ratio)[0].box for r in records]
    ious = [iou(box, r.box) for box, r in zip(boxes, records, strict=True)]
    bdes = [boundary_displacement(b, r.box, r.size) for b, r in zip(boxes, records, strict=True)]
    ours = found["protocols"][0]["methods"]["marscrop"]
    assert ours["iou"]["mean"] == pytest.approx(sum(ious) / 3, abs=1e-6)
    assert ours["bde"]["mean"] == pytest.approx(sum(bdes) / 3, abs=1e-6)
    assert (found["dataset"], found["split"], found["model"]) == ("fcdb", "validation", "packaged")
    assert (found["photos"], found["skipped"], found["resamples"]) == (3, [], 100)


def test_requests_answered_by_marscrop_itself_are_no_better_and_no_worse(
    cli: Cli, fcdb: Path, tmp_path: Path
) -> None:
    """Written as asked, answered by `marscrop crop --json`, read as a peer's."""
    asked, answers = tmp_path / "requests.jsonl", tmp_path / "peer.jsonl"
    result = cli("evaluate", "--data", fcdb, "--requests", asked)
    assert (result.code, result.out, result.err) == (0, "", "")
    requests = [json.loads(line) for line in asked.read_text().splitlines()]
    assert [r["image"] for r in requests] == sorted(VALIDATION)
    lines = []
    for request in requests:
        ratios = [option for ratio in request["ratios"] for option in ("-r", ratio)]
        lines.append(cli("crop", request["path"], *ratios, "--json").out)
    answers.write_text("".join(lines))

    found = evaluated(cli, "--data", fcdb, "--boxes", f"itself={answers}")
    difference = found["protocols"][0]["reference_minus"]["itself"]
    nothing = {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert difference == {"iou": nothing, "bde": nothing, "offset_px": nothing}
    assert found["bad_answers"] == {"itself": []}
    assert found["unanswered"]["itself"] == []


def test_bad_and_missing_answers_are_named_and_counted(
    cli: Cli, fcdb: Path, tmp_path: Path
) -> None:
    record, *_ = load_fcdb(fcdb).crops("validation")
    line = {
        "image": record.path.name,
        "width": record.size.width,
        "height": record.size.height,
        "crops": [{"ratio": record.ratio.value, "box": [0, 0, 20, 20]}],
    }
    file = tmp_path / "peer.jsonl"
    file.write_text(f"{json.dumps(line)}\nnot json\n")
    result = cli("evaluate", "--data", fcdb, "--boxes", f"peer={file}", *FAST)
    assert result.code == 0
    assert result.err.startswith(f"marscrop: {file}, line 2: ")
    assert "1 photos and 1 human boxes compared; " in result.out
    assert "2 boxes without an answer by peer; 1 bad answers by peer" in " ".join(
        result.out.split()
    )


def test_baselines_are_measured_in_the_same_run(cli: Cli, fcdb: Path) -> None:
    kinds = ("whole", "centre:0.85", "saliency")
    asked = [option for kind in kinds for option in ("--baseline", kind)]
    found = means(evaluated(cli, "--data", fcdb, *asked))
    assert list(found)[4:] == ["whole image", "centre 0.85", "saliency"]
    records = load_fcdb(fcdb).crops("validation")
    shares = [r.box.width * r.box.height / (r.size.width * r.size.height) for r in records]
    assert found["whole image"] == pytest.approx(sum(shares) / 3, abs=1e-6)


def test_report_is_written_beside_the_tables(cli: Cli, fcdb: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = cli("evaluate", "--data", fcdb, "--report", page, *FAST)
    assert result.code == 0
    assert "marscrop" in result.out
    html = page.read_text(encoding="utf-8")
    assert html.count("<img ") == 9
    assert "fcdb, validation" in html


def test_report_that_cannot_be_written_is_one_line(cli: Cli, fcdb: Path, tmp_path: Path) -> None:
    result = cli("evaluate", "--data", fcdb, "--report", tmp_path, *FAST)
    assert result.code == 1
    assert result.err == f"marscrop: {tmp_path}: cannot be written (Is a directory)\n"


def test_a_checkpoint_takes_the_place_of_the_packaged_model(
    cli: Cli, fcdb: Path, tmp_path: Path
) -> None:
    config = tiny_config()
    model = settled_network(config.model)
    prior = {"scales": [0.9, 0.9], "sharpness": 60.0}
    content = {"config": config.to_table(), "model": model.state_dict(), "prior": prior}
    save_checkpoint(tmp_path / "best.pt", content)
    found = evaluated(cli, "--data", fcdb, "--checkpoint", tmp_path / "best.pt")
    packaged = evaluated(cli, "--data", fcdb)
    assert found["model"] == str(tmp_path / "best.pt")
    assert means(found)["search"] != means(packaged)["search"]
    assert means(found)["centre crop"] == means(packaged)["centre crop"]


def test_other_data_sets_with_several_boxes_have_four_tables(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (60, 40), (90, 90, 90)).save(tmp_path / "images" / "a.jpg")
    boxes = [[0, 0, 30, 30], [10, 0, 60, 40], [-1, -1, -1, -1]]
    (tmp_path / "hcdb.json").write_text(json.dumps({"a.jpg": boxes, "gone.jpg": boxes}))
    found = evaluated(cli, "--data", tmp_path, "--dataset", "hcdb", "--split", "test")
    assert [p["name"] for p in found["protocols"]] == ["strict", "maxGT", "best-of-N", "consensus"]
    assert [p["entries"] for p in found["protocols"]] == [2, 2, 1, 1]
    assert found["unannotated"] == 1
    assert "gone.jpg" in found["skipped"][0]["place"]


def test_skipped_records_are_part_of_the_result(cli: Cli, fcdb: Path, tmp_path: Path) -> None:
    """A truncated photo among them: its header is whole, its pixels are not."""
    spoilt = Path(shutil.copytree(fcdb, tmp_path / "fcdb"))
    (spoilt / "images" / "photo_00.jpg").unlink()
    cut = spoilt / "images" / VALIDATION[0]
    cut.write_bytes(cut.read_bytes()[:700])
    result = cli("evaluate", "--data", spoilt, *FAST)
    assert result.code == 0
    assert "2 photos and 2 human boxes compared; 2 records skipped." in result.out
    missing, truncated = result.err.splitlines()
    assert "photo_00.jpg: no such file" in missing
    assert f"{VALIDATION[0]}: is truncated or corrupt" in truncated


def test_a_flood_of_problems_is_cut_on_stderr_but_not_in_json(
    cli: Cli, fcdb: Path, tmp_path: Path
) -> None:
    answers = tmp_path / "requests.jsonl"
    cli("evaluate", "--data", fcdb, "--requests", answers)
    lines = [json.loads(line) for line in answers.read_text().splitlines()]
    for line in lines:
        line["crops"] = [{"ratio": r, "box": [0, 0, 9, 9]} for r in line.pop("ratios")]
    answers.write_text("bad\n" * 25 + "".join(f"{json.dumps(line)}\n" for line in lines))
    result = cli("evaluate", "--data", fcdb, "--boxes", f"peer={answers}", *FAST, "--json")
    assert len(result.err.splitlines()) == 21
    assert "and 5 more" in result.err.splitlines()[-1]
    assert len(json.loads(result.out)["bad_answers"]["peer"]) == 25


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--boxes", "peer.jsonl"), "--boxes must be NAME=FILE"),
        (("--boxes", "=peer.jsonl"), "--boxes must be NAME=FILE"),
        (("--baseline", "golden"), "baseline must be whole"),
        (("--dataset", "nodb"), "no data set is called 'nodb'"),
        (("--model", "m", "--checkpoint", "c"), "give --model or --checkpoint, not both"),
        (("--report", "no/such/folder/a.html"), "does not exist"),
        (("--requests", "no/such/folder/a.jsonl"), "does not exist"),
        (("--resamples", "5"), "--resamples"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    cli: Cli, fcdb: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = cli("evaluate", "--data", fcdb, *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_an_empty_split_is_exit_code_1_and_says_what_is_there(cli: Cli, fcdb: Path) -> None:
    result = cli("evaluate", "--data", fcdb, "--split", "test")
    assert result.code == 1
    assert "no photos of the split 'test'; it has " in result.err
    assert "validation (3 photos)" in result.err


def test_a_peer_may_not_take_the_name_of_another_method(
    cli: Cli, fcdb: Path, tmp_path: Path, cropper: Cropper
) -> None:
    asked = tmp_path / "requests.jsonl"
    cli("evaluate", "--data", fcdb, "--requests", asked)
    lines = [json.loads(line) for line in asked.read_text().splitlines()]
    for line in lines:
        line["crops"] = [{"ratio": r, "box": [0, 0, 9, 9]} for r in line.pop("ratios")]
    asked.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    result = cli("evaluate", "--data", fcdb, "--boxes", f"search={asked}", *FAST)
    assert result.code == 1
    assert result.err == "marscrop: two methods are called 'search'; rename one\n"
