"""Ratios by name, one's own too, lists of ratios, and what is said of spelling errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cli

from marscrop.cli.own_presets import own_presets


@pytest.fixture
def rocket(examples: Path) -> Path:
    return (examples / "rocket.jpg").absolute()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, in which there is nothing; and no file of the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    own_presets.cache_clear()
    yield folder
    own_presets.cache_clear()


def ratios_of(cli: Cli, photo: Path, asked: str) -> list[str]:
    own_presets.cache_clear()
    result = cli("crop", photo, "-r", asked, "--json")
    assert (result.code, result.err) == (0, "")
    return [entry["ratio"] for entry in json.loads(result.out)["crops"]]


def test_several_ratios_in_one_word(cli: Cli, rocket: Path, project: Path) -> None:
    assert ratios_of(cli, rocket, "16:9, 1:1,og,original") == ["16:9", "1:1", "og", "original"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("squre", "got 'squre'; did you mean square?"),
        ("Potrait", "got 'Potrait'; did you mean portrait?"),
        ("16,9", "did you mean 16:9?"),
        ("2,39:1", "did you mean 2.39:1?"),
        ("16:9,", "got ''"),
    ],
)
def test_spelling_errors(cli: Cli, rocket: Path, project: Path, asked: str, words: str) -> None:
    result = cli("crop", rocket, "-r", asked)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert words in result.err


def test_original_is_the_whole_photo(cli: Cli, rocket: Path, project: Path) -> None:
    (entry,) = json.loads(cli("crop", rocket, "-r", "original", "--json").out)["crops"]
    assert entry["box"] == [0, 0, 640, 427]


def test_presets_of_ones_own(cli: Cli, rocket: Path, project: Path, tmp_path: Path) -> None:
    user = tmp_path / "config" / "marscrop" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text('[presets]\nhero = "9:1"\nnews = "3:1"\nportrait = "3:4"\n')
    (project / "marscrop.toml").write_text('[presets]\nHero = "320x100"\n')
    result = cli("crop", rocket, "-r", "hero,news,portrait", "-o", "out")
    assert (result.code, result.err) == (0, "")
    assert "scaled to 320x100" in result.out
    assert sorted(path.name.lower() for path in (project / "out").iterdir()) == [
        *("rocket_hero.jpg", "rocket_news.jpg", "rocket_portrait.jpg")
    ]
    assert "did you mean hero?" in cli("crop", rocket, "-r", "heroo").err
    listed = dict(line.split(maxsplit=1) for line in cli("crop", "--list-presets").out.splitlines())
    assert listed["hero"] == "320x100 pixels  (yours)"
    assert listed["portrait"] == "3:4  (yours)"
    assert listed["og"] == "1200:630"
    assert listed["original"] == "the photo's own"


def test_a_project_is_found_from_a_folder_in_it(
    cli: Cli, rocket: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".marscrop.toml").write_text('[presets]\nhero = "4:1"\n')
    (project / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(project / "a" / "b")
    assert ratios_of(cli, rocket, "hero") == ["hero"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[presets\n", "is no TOML: "),
        ("\xff", "is no TOML: "),
        ('[preset]\nhero = "4:1"\n', "unknown key 'preset', expected the table [presets]; did you"),
        ("presets = 3\n", "presets must be a table, [presets]"),
        ("[presets]\nhero = 4\n", 'hero must be a ratio or pixels as text, such as "16:9"; got 4'),
        ('[presets]\nhero = "4q"\n', "hero: aspect ratio must be"),
        ('[presets]\n"4:3" = "4:1"\n', "'4:3' cannot be a preset's name"),
        ('[presets]\noriginal = "4:1"\n', "'original' cannot be a preset's name"),
    ],
)
def test_a_file_with_errors_is_one_line(
    cli: Cli, rocket: Path, project: Path, text: str, words: str
) -> None:
    path = project / "marscrop.toml"
    path.write_text(text, encoding="latin-1")
    result = cli("crop", rocket, "-r", "hero")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"marscrop: {path}: {words}")
    assert cli("crop", rocket, "-r", "1:1", "--json").code == 0  # numbers need no file


def test_a_batch_knows_them_too(cli: Cli, rocket: Path, project: Path) -> None:
    (project / "marscrop.toml").write_text('[presets]\nhero = "4:1"\n')
    assert cli("batch", rocket, "-r", "hero,og", "-o", "out").code == 0
    names = sorted(path.name for path in (project / "out").iterdir())
    assert {"rocket_hero.jpg", "rocket_og.jpg"} <= {*names}
