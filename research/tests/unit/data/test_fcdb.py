"""FCDB as it is published, and what is said when it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from research.tests.support import REAL_FCDB, TRAINING, VALIDATION, make_fcdb

from marscrop.geometry import Size, Window
from marscrop.window.constraints import MIN_SCALE
from marscrop_research.data.copies import PLACEHOLDER_COPIES
from marscrop_research.data.fcdb import (
    CROPS_FILE,
    PAIRS_FILE,
    TEST_FILE,
    fold,
    load_fcdb,
    load_ranked_pairs,
)
from marscrop_research.data.records import CropRecord, DataSet, Problem, RankedPairs
from marscrop_research.errors import DataError

Entries = list[dict[str, Any]]
Loader = Callable[[Path], DataSet | RankedPairs]

BOTH = [
    pytest.param(load_fcdb, CROPS_FILE, id="crops"),
    pytest.param(load_ranked_pairs, PAIRS_FILE, id="pairs"),
]


def change(file: Path, edit: Callable[[Entries], object]) -> None:
    entries = json.loads(file.read_text())
    edit(entries)
    file.write_text(json.dumps(entries))


def set_crop(folder: Path, crop: object) -> None:
    """Of entry 2, whose photo is 80 x 80."""
    change(folder / CROPS_FILE, lambda entries: entries[2].update(crop=crop))


def refusal(load: Loader, folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(folder)
    return str(caught.value)


def only_problem(load: Loader, folder: Path) -> Problem:
    """What was skipped; all the rest must have been loaded."""
    loaded = load(folder)
    (problem,) = loaded.skipped
    if isinstance(loaded, DataSet):
        assert len(loaded.photos) == len(json.loads((folder / CROPS_FILE).read_text())) - 1
    return problem


def reason_for_entry_2(folder: Path) -> str:
    problem = only_problem(load_fcdb, folder)
    assert problem.place == f"{CROPS_FILE}, entry 2"
    assert "photo_02.jpg" not in {r.path.name for r in load_fcdb(folder).crops()}
    return problem.reason


def test_records_are_what_the_file_says(fcdb: Path, records: list[CropRecord]) -> None:
    published = json.loads((fcdb / CROPS_FILE).read_text())
    assert len(records) == len(published) == 9
    for record, entry in zip(records, published, strict=True):
        x, y, width, height = entry["crop"]
        assert record.path == fcdb / "images" / entry["url"].rpartition("/")[2]
        with Image.open(record.path) as photo:
            assert record.size == photo.size
        assert record.box == pytest.approx((x, y, x + width, y + height))


def test_fold_0_of_5_is_held_out(records: list[CropRecord]) -> None:
    by_split = {
        split: {r.path.name for r in records if r.split == split}
        for split in ("train", "validation")
    }
    assert by_split == {"train": set(TRAINING), "validation": set(VALIDATION)}


@pytest.mark.parametrize(
    ("name", "sha1"),
    [  # printf %s NAME | sha1sum
        ("10034946104_a36ac3f97c_c.jpg", "11e93ec30ee69293f6f580210c5329852321efc3"),
        ("1007927655_c82216f632_o.jpg", "9af46ee195c56ab473207232ce9acbedc2ef2dc5"),
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ],
)
@pytest.mark.parametrize("folds", [2, 5, 7])
def test_fold_is_the_names_sha1_modulo_the_folds(name: str, sha1: str, folds: int) -> None:
    assert fold(name, folds) == int(sha1, 16) % folds


@pytest.mark.parametrize(("name", "expected"), [("photo_01.jpg", 0), ("photo_18.jpg", 4)])
def test_fold_is_of_five_by_default(name: str, expected: int) -> None:
    assert fold(name) == expected


def test_ratio_is_that_of_the_crop() -> None:
    record = CropRecord(Path("p"), Size(100, 100), Window(10.0, 20.0, 50.0, 40.0), "train")
    assert record.ratio.value == 2


@pytest.mark.parametrize(
    ("crop", "box"),
    [
        ([-0.9, 0, 40, 40], Window(0, 0, 39.1, 40)),
        ([0, -1, 40, 40], Window(0, 0, 40, 39)),
        ([40.5, 0, 40, 40], Window(40.5, 0, 80, 40)),
        ([0, 0, 80.6, 81], Window(0, 0, 80, 80)),
        ([10, 20, 30, 40], Window(10, 20, 40, 60)),
    ],
)
def test_crop_that_overhangs_by_up_to_a_pixel_is_cut_off(
    own_fcdb: Path, crop: list[float], box: Window
) -> None:
    set_crop(own_fcdb, crop)
    assert load_fcdb(own_fcdb).crops()[2].box == pytest.approx(box)


@pytest.mark.parametrize(
    ("crop", "overhang"),
    [
        ([-1.2, 0, 40, 40], "1.2"),
        ([0, -5, 40, 40], "5.0"),
        ([50, 0, 40, 40], "10.0"),
        ([0, 0, 80, 82.5], "2.5"),
        ([500, 500, 40, 40], "460.0"),
    ],
)
def test_crop_outside_is_skipped_with_the_overhang(
    own_fcdb: Path, crop: list[float], overhang: str
) -> None:
    set_crop(own_fcdb, crop)
    assert reason_for_entry_2(own_fcdb) == (
        f"crop {crop} leaves the image of 80x80 px by {overhang} px"
    )


@pytest.mark.parametrize("crop", [[80.2, 10, 0.5, 20], [10, -0.8, 20, 0.6]])
def test_crop_of_which_nothing_is_left_inside_is_skipped(own_fcdb: Path, crop: list[float]) -> None:
    set_crop(own_fcdb, crop)
    assert reason_for_entry_2(own_fcdb) == f"crop {crop} lies beside the image of 80x80 px"


@pytest.mark.parametrize(
    "crop",
    [
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [],
        None,
        "1 2 3 4",
        [1, 2, "3", 4],
        [1, 2, None, 4],
        [1, 2, True, 4],
        7,
        {"x": 1, "y": 2, "width": 3, "height": 4},
        [float("nan"), 2, 3, 4],
        [1, 2, float("inf"), 4],
        [1, 2, 3, float("nan")],
    ],
)
def test_crop_that_is_not_four_finite_numbers_is_skipped(own_fcdb: Path, crop: object) -> None:
    set_crop(own_fcdb, crop)
    message = f"crop must be [x, y, width, height] in finite numbers; got {crop!r}"
    assert reason_for_entry_2(own_fcdb) == message


def test_number_too_large_for_any_float_is_skipped(own_fcdb: Path) -> None:
    set_crop(own_fcdb, [1, 2, 10**400, 4])
    reason = reason_for_entry_2(own_fcdb)
    assert reason.startswith("crop must be [x, y, width, height] in finite numbers")
    assert len(reason) < 200


@pytest.mark.parametrize("crop", [[1, 2, 0, 4], [1, 2, 3, 0.0], [1, 2, -3, 4]])
def test_crop_without_a_positive_size_is_skipped(own_fcdb: Path, crop: list[float]) -> None:
    set_crop(own_fcdb, crop)
    assert reason_for_entry_2(own_fcdb) == f"crop must have a positive size; got {crop!r}"


def test_missing_crop_is_skipped(own_fcdb: Path) -> None:
    change(own_fcdb / CROPS_FILE, lambda entries: entries[2].pop("crop"))
    assert reason_for_entry_2(own_fcdb).startswith("crop must be")


@pytest.mark.parametrize(("load", "file"), BOTH)
def test_missing_file_is_named_with_what_a_folder_holds(
    own_fcdb: Path, load: Loader, file: str
) -> None:
    (own_fcdb / file).unlink()
    message = refusal(load, own_fcdb)
    assert message.startswith(f"{own_fcdb / file}: not found; expected ")
    for part in ("images/", CROPS_FILE, PAIRS_FILE):
        assert part in message.partition("expected")[2]


@pytest.mark.parametrize(("load", "file"), BOTH)
@pytest.mark.parametrize("content", [b"", b"[{", b"\xff\xfe", b"[1,]"])
def test_file_that_is_not_json_is_named(
    own_fcdb: Path, load: Loader, file: str, content: bytes
) -> None:
    (own_fcdb / file).write_bytes(content)
    assert refusal(load, own_fcdb).startswith(f"{own_fcdb / file}: not valid ")


@pytest.mark.parametrize(("load", "file"), BOTH)
@pytest.mark.parametrize(("content", "kind"), [("{}", "dict"), ("3", "int"), ("null", "NoneType")])
def test_file_that_is_no_list_is_named(
    own_fcdb: Path, load: Loader, file: str, content: str, kind: str
) -> None:
    (own_fcdb / file).write_text(content)
    assert refusal(load, own_fcdb) == f"{own_fcdb / file}: expected a list; got {kind}"


@pytest.mark.parametrize(("load", "file"), BOTH)
def test_entry_that_is_no_object_is_skipped(own_fcdb: Path, load: Loader, file: str) -> None:
    change(own_fcdb / file, lambda entries: entries.insert(4, 17))  # type: ignore[arg-type]
    assert only_problem(load, own_fcdb) == Problem(f"{file}, entry 4", "expected an object; got 17")


@pytest.mark.parametrize(("load", "file"), BOTH)
@pytest.mark.parametrize("url", [None, 3, "", "https://farm4.staticflickr.com/38/"])
def test_entry_without_a_file_name_is_skipped(
    own_fcdb: Path, load: Loader, file: str, url: object
) -> None:
    change(own_fcdb / file, lambda entries: entries[3].update(url=url))
    assert only_problem(load, own_fcdb) == Problem(
        f"{file}, entry 3", f"expected a url that ends in the photo's file name; got {url!r}"
    )


@pytest.mark.parametrize(("load", "file"), BOTH)
def test_missing_photo_is_skipped(own_fcdb: Path, load: Loader, file: str) -> None:
    photo = own_fcdb / "images" / "photo_03.jpg"
    photo.unlink()
    assert only_problem(load, own_fcdb) == Problem(f"{file}, entry 3", f"{photo}: no such file")


@pytest.mark.parametrize(("load", "file"), BOTH)
def test_photo_that_is_no_image_is_skipped(own_fcdb: Path, load: Loader, file: str) -> None:
    photo = own_fcdb / "images" / "photo_03.jpg"
    photo.write_text("<html>This photo is no longer available</html>")
    problem = only_problem(load, own_fcdb)
    assert problem.place == f"{file}, entry 3"
    assert problem.reason.startswith(f"{photo}: ")


@pytest.mark.parametrize(("load", "file"), BOTH)
def test_folder_without_photos_is_named(own_fcdb: Path, load: Loader, file: str) -> None:
    (own_fcdb / "images").rename(own_fcdb / "photos")
    assert refusal(load, own_fcdb).startswith(f"{own_fcdb / 'images'}: no such folder; expected ")


def test_photos_may_lie_where_the_published_script_puts_them(own_fcdb: Path) -> None:
    (own_fcdb / "images").rename(own_fcdb / "data")
    loaded = load_fcdb(own_fcdb)
    assert (len(loaded.photos), loaded.skipped) == (9, ())
    assert {photo.path.parent for photo in loaded.photos} == {own_fcdb / "data"}


def test_all_problems_are_reported_at_once(own_fcdb: Path) -> None:
    set_crop(own_fcdb, [1, 2, 3])
    (own_fcdb / "images" / "photo_05.jpg").unlink()
    loaded = load_fcdb(own_fcdb)
    assert [p.place for p in loaded.skipped] == [f"{CROPS_FILE}, entry {i}" for i in (2, 5)]
    assert len(loaded.photos) == 7


def test_photo_that_occurs_twice_is_used_once(own_fcdb: Path) -> None:
    change(
        own_fcdb / CROPS_FILE, lambda entries: entries.append(entries[0] | {"crop": [0, 0, 9, 9]})
    )
    before = load_fcdb(own_fcdb).photos[0]
    problem = only_problem(load_fcdb, own_fcdb)
    assert problem.place == f"{CROPS_FILE}, entry 9"
    assert problem.reason.startswith("photo_00.jpg occurs twice")
    assert load_fcdb(own_fcdb).photos[0] == before
    assert before.boxes[0] != Window(0, 0, 9, 9)


def test_key_that_occurs_twice_is_reported(own_fcdb: Path) -> None:
    file = own_fcdb / CROPS_FILE
    file.write_text(file.read_text().replace('"crop":', '"crop": [0, 0, 5, 5], "crop":', 1))
    loaded = load_fcdb(own_fcdb)
    assert len(loaded.photos) == 9
    assert [(p.place, p.reason) for p in loaded.skipped] == [
        (CROPS_FILE, "key 'crop' occurs twice in one object; only the last one is used")
    ]


@pytest.mark.parametrize(("load", "file"), BOTH)
def test_flickrs_placeholders_are_skipped(own_fcdb: Path, load: Loader, file: str) -> None:
    """Valid pictures in which the crops may well fit."""
    names = [f"photo_{n:02}.jpg" for n in (2, 4, 6, 8)]
    assert len(names) == PLACEHOLDER_COPIES
    content = (own_fcdb / "images" / names[0]).read_bytes()
    for name in names:
        (own_fcdb / "images" / name).write_bytes(content)
    skipped = load(own_fcdb).skipped
    assert [p.place for p in skipped] == [f"{file}, entry {n}" for n in (2, 4, 6, 7)]
    assert {"photo unavailable" in p.reason for p in skipped} == {True}


def test_few_equal_files_are_photos(own_fcdb: Path) -> None:
    content = (own_fcdb / "images" / "photo_02.jpg").read_bytes()
    for name in ("photo_06.jpg", "photo_10.jpg")[: PLACEHOLDER_COPIES - 2]:
        (own_fcdb / "images" / name).write_bytes(content)
    assert not [p for p in load_fcdb(own_fcdb).skipped if "photo unavailable" in p.reason]


def split_off_test(folder: Path, names: list[int]) -> None:
    entries = json.loads((folder / CROPS_FILE).read_text())
    test = [entries[n] for n in names]
    (folder / TEST_FILE).write_text(json.dumps(test))
    (folder / CROPS_FILE).write_text(json.dumps([e for e in entries if e not in test]))


def test_test_annotation_is_the_test_split(own_fcdb: Path) -> None:
    before = {photo.path: photo for photo in load_fcdb(own_fcdb).photos}
    split_off_test(own_fcdb, [1, 2])  # of fold 0 and of another
    loaded = load_fcdb(own_fcdb)
    assert loaded.skipped == ()
    assert {r.path.name for r in loaded.crops("test")} == {"photo_01.jpg", "photo_02.jpg"}
    assert {r.path.name for r in loaded.crops("validation")} == set(VALIDATION) - {"photo_01.jpg"}
    assert {r.path.name for r in loaded.crops("train")} == set(TRAINING) - {"photo_02.jpg"}
    assert all(before[photo.path].boxes == photo.boxes for photo in loaded.photos)


def test_test_annotation_suffices_alone(own_fcdb: Path) -> None:
    split_off_test(own_fcdb, [1, 2, 3])
    (own_fcdb / CROPS_FILE).unlink()
    loaded = load_fcdb(own_fcdb)
    assert [photo.split for photo in loaded.photos] == ["test"] * 3


def test_photo_of_both_annotations_is_not_measured_on(own_fcdb: Path) -> None:
    split_off_test(own_fcdb, [1, 2])
    training = json.loads((own_fcdb / CROPS_FILE).read_text())
    change(own_fcdb / TEST_FILE, lambda entries: entries.append(training[0]))
    loaded = load_fcdb(own_fcdb)
    (problem,) = loaded.skipped
    assert problem.place == f"{TEST_FILE}, entry 2"
    assert "for the train split" in problem.reason
    assert len(loaded.crops("test")) == 2


def test_broken_test_annotation_is_named(own_fcdb: Path) -> None:
    (own_fcdb / TEST_FILE).write_text("{}")
    assert refusal(load_fcdb, own_fcdb) == f"{own_fcdb / TEST_FILE}: expected a list; got dict"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    assert refusal(load_fcdb, folder).startswith(f"{folder / CROPS_FILE}: not found; ")


def test_ranked_pairs_are_what_the_file_says(fcdb: Path) -> None:
    published = json.loads((fcdb / PAIRS_FILE).read_text())
    loaded = load_ranked_pairs(fcdb)
    assert (len(loaded.pairs), loaded.skipped) == (90, ())
    for index, pair in enumerate(loaded.pairs):
        entry = published[index // 10]
        one = entry["crops"][index % 10]
        x, y, width, height = one["crop_0"]
        u, v, other_width, other_height = one["crop_1"]
        assert pair.path.name == entry["url"].rpartition("/")[2]
        assert pair.first == pytest.approx((x, y, x + width, y + height))
        assert pair.second == pytest.approx((u, v, u + other_width, v + other_height))
        assert pair.votes == (one["vote_for_0"], one["vote_for_1"])


def spoil_pair(folder: Path, **values: object) -> None:
    change(folder / PAIRS_FILE, lambda entries: entries[1]["crops"][7].update(values))


def problem_of_pair_7(folder: Path) -> str:
    loaded = load_ranked_pairs(folder)
    (problem,) = loaded.skipped
    assert problem.place == f"{PAIRS_FILE}, entry 1, pair 7"
    assert len(loaded.pairs) == 89
    return problem.reason


@pytest.mark.parametrize("votes", [-1, 2.5, "3", None, True])
def test_pair_with_votes_that_are_no_counts_is_skipped(own_fcdb: Path, votes: object) -> None:
    spoil_pair(own_fcdb, vote_for_0=votes, vote_for_1=4)
    message = f"votes must be whole numbers from 0; got ({votes!r}, 4)"
    assert problem_of_pair_7(own_fcdb) == message


@pytest.mark.parametrize("key", ["crop_0", "crop_1"])
def test_pair_with_a_bad_crop_is_skipped(own_fcdb: Path, key: str) -> None:
    spoil_pair(own_fcdb, **{key: [1, 2, 3]})
    assert problem_of_pair_7(own_fcdb) == (
        "crop must be [x, y, width, height] in finite numbers; got [1, 2, 3]"
    )


def test_pair_that_is_no_object_is_skipped(own_fcdb: Path) -> None:
    change(own_fcdb / PAIRS_FILE, lambda entries: entries[1]["crops"].insert(0, None))
    loaded = load_ranked_pairs(own_fcdb)
    assert loaded.skipped == (
        Problem(f"{PAIRS_FILE}, entry 1, pair 0", "expected an object; got None"),
    )
    assert len(loaded.pairs) == 90


def test_pairs_that_are_no_list_are_skipped(own_fcdb: Path) -> None:
    change(own_fcdb / PAIRS_FILE, lambda entries: entries[1].update(crops={}))
    loaded = load_ranked_pairs(own_fcdb)
    assert loaded.skipped == (
        Problem(f"{PAIRS_FILE}, entry 1", "crops: expected a list; got dict"),
    )
    assert len(loaded.pairs) == 80


def test_turned_photo_has_its_upright_size(tmp_path: Path) -> None:
    folder = make_fcdb(tmp_path / "fcdb")
    path = folder / "images" / "photo_00.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    with Image.open(path) as photo:
        turned = photo.copy()
    turned.save(path, exif=exif)
    change(folder / CROPS_FILE, lambda entries: entries[0].update(crop=[0, 0, 64, 96]))
    assert load_fcdb(folder).photos[0].size == Size(64, 96)


real_fcdb = pytest.mark.skipif(
    not REAL_FCDB.is_dir(), reason=f"{REAL_FCDB} is not there: FCDB's training split"
)


@pytest.fixture(scope="module")
def real_records() -> list[CropRecord]:
    loaded = load_fcdb(REAL_FCDB)
    assert loaded.skipped == ()
    return loaded.crops("train") + loaded.crops("validation")


@pytest.fixture(scope="module")
def real_pairs() -> RankedPairs:
    return load_ranked_pairs(REAL_FCDB)


@real_fcdb
def test_published_training_split_is_read_whole(real_records: list[CropRecord]) -> None:
    assert len(real_records) == 1335
    assert max(max(record.size) for record in real_records) <= 512


@real_fcdb
def test_published_crops_lie_inside_their_photos(real_records: list[CropRecord]) -> None:
    for record in real_records:
        box, size = record.box, record.size
        assert 0 <= box.x0 < box.x1 <= size.width
        assert 0 <= box.y0 < box.y1 <= size.height


@real_fcdb
def test_a_fifth_of_the_published_photos_is_held_out(real_records: list[CropRecord]) -> None:
    held_out = [r for r in real_records if r.split == "validation"]
    assert 0.17 < len(held_out) / len(real_records) < 0.23
    assert {fold(r.path.name) for r in held_out} == {0}


@real_fcdb
def test_published_pairs_are_ten_a_photo_with_five_votes_each(
    real_pairs: RankedPairs,
) -> None:
    assert (len(real_pairs.pairs), real_pairs.skipped) == (13_350, ())
    assert {sum(pair.votes) for pair in real_pairs.pairs} == {5}


@real_fcdb
def test_shapes_of_published_crops_are_as_we_say(real_records: list[CropRecord]) -> None:
    """What `window.constraints.MIN_SCALE` and the model card rest on."""
    scales = [max(r.box.width / r.size.width, r.box.height / r.size.height) for r in real_records]
    assert 0.315 < min(scales) < 0.325
    assert min(scales) > MIN_SCALE
    ratios = [r.ratio.value for r in real_records]
    assert min(ratios) == pytest.approx(1 / 2, abs=0.002)
    assert max(ratios) == pytest.approx(4, abs=0.01)
