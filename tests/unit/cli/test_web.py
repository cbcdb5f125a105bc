"""`marscrop web`: files, and HTML that names them."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image, features
from tests.unit.cli.conftest import Cli

from marscrop import Cropper
from marscrop.geometry import Size

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="this Pillow writes no AVIF")

FORMATS = {"image/avif": "AVIF", "image/webp": "WEBP", "image/jpeg": "JPEG", "image/png": "PNG"}
Attributes = dict[str, str | None]


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Attributes]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "picture":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def rocket(examples: Path, tmp_path: Path) -> Path:
    """A photo of 640x427 in a folder of its own, with a name that is to be escaped."""
    folder = tmp_path / "in"
    folder.mkdir()
    return Path(shutil.copy(examples / "rocket.jpg", folder / 'a "b" & <c>, d%ü.jpg'))


def files_of(attributes: Attributes, folder: Path) -> list[tuple[Path, int]]:
    """Paths of a `srcset`, and the widths that it states."""
    found = []
    for candidate in str(attributes["srcset"]).split(", "):
        url, width = candidate.split(" ")
        found.append((folder / unquote(url), int(width.removesuffix("w"))))
    return found


def check_files(page: Elements, folder: Path) -> set[Path]:
    """All that a page names is there, in the format and size that it states."""
    named = set()
    for attributes in [*page.of("source"), *page.of("img")]:
        sizes = []
        for path, width in files_of(attributes, folder):
            with Image.open(path) as image:
                sizes.append(Size(*image.size))
                assert image.width == width
                if media_type := attributes.get("type"):
                    assert image.format == FORMATS[media_type]
            named.add(path)
        stated = Size(int(str(attributes["width"])), int(str(attributes["height"])))
        assert max(sizes) == stated
        for size in sizes:
            assert abs(size.height - size.width / stated.ratio) <= 0.501
    return named


def test_the_page_names_the_files_that_are_there(
    cli: Cli, cropper: Cropper, rocket: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = cli("web", rocket, "-r", "16:9", "--widths", "200,320,4000", "-o", out)
    assert (result.code, result.err) == (0, "")
    page = Elements(result.out)
    assert page.open == []
    assert [one["type"] for one in page.of("source")] == ["image/avif", "image/webp"]
    assert check_files(page, out) == set(out.iterdir())
    (image,) = page.of("img")
    (crop,) = cropper.crop(rocket, "16:9")
    assert [width for _, width in files_of(image, out)] == [200, 320, crop.size.width]
    assert out / unquote(str(image["src"])) == files_of(image, out)[-1][0]
    assert (image["alt"], image["sizes"]) == ("", "100vw")
    point = cropper.focal_analysed(cropper.analyse(rocket), within=crop.box)
    assert image["style"] == f"object-fit: cover; object-position: {point.object_position}"


def test_a_photo_without_a_ratio_stays_whole(cli: Cli, cropper: Cropper, rocket: Path) -> None:
    result = cli("web", rocket, "--formats", "jpg", "--alt", 'A "rocket" & more')
    page = Elements(result.out)
    (image,) = page.of("img")
    assert page.of("source") == []
    assert (image["width"], image["height"]) == ("640", "427")
    assert image["alt"] == 'A "rocket" & more'
    point = cropper.focal_point(rocket)
    assert str(image["style"]).endswith(f"object-position: {point.object_position}")
    check_files(page, rocket.parent)


def test_a_padded_crop_is_shown_by_its_middle(cli: Cli, rocket: Path) -> None:
    padded = ("-r", "3:1", "--keep", "0%,0%,40%,100%", "--fallback", "pad")
    result = cli("web", rocket, *padded, "--widths", "64", "--formats", "jpg")
    (image,) = Elements(result.out).of("img")
    assert str(image["style"]).endswith("object-position: 50% 50%")


def test_screens_have_ratios_of_their_own(cli: Cli, rocket: Path) -> None:
    result = cli(
        "web", rocket, "-r", "16:9", "-r", "3:1", "--mobile", "4:5", "--widths", "160",
        "--breakpoint", 480,
    )  # fmt: skip
    page = Elements(result.out)
    check_files(page, rocket.parent)
    assert len(page.of("picture")) == len(page.of("img")) == 2
    narrow = [one for one in page.of("source") if one.get("media")]
    assert len(narrow) == 6
    for one in narrow:
        assert one["media"] == "(max-width: 480px)"
        assert (one["width"], one["height"]) == ("160", "200")


def test_what_is_transparent_stays_so(cli: Cli, tmp_path: Path) -> None:
    logo = Image.new("RGBA", (300, 200))
    logo.paste((200, 0, 0, 255), (100, 50, 200, 150))
    logo.save(tmp_path / "logo.png")
    result = cli("web", tmp_path / "logo.png", "-o", tmp_path / "out")
    page = Elements(result.out)
    assert (result.code, result.err) == (0, "")
    for path in check_files(page, tmp_path / "out"):
        with Image.open(path) as image:
            assert image.convert("RGBA").getpixel((2, 2))[3] == 0  # type: ignore[index]
    flat = cli("web", tmp_path / "logo.png", "--formats", "jpg", "-o", tmp_path / "flat")
    assert "transparen" in flat.err


def test_nothing_is_overwritten_without_being_asked(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    command = "web", rocket, "-r", "1:1", "--widths", "100", "--formats", "jpg", "--html", page
    first = cli(*command, "--base-url", "/img dir")
    assert (first.code, first.out) == (0, "")
    assert 'src="/img%20dir/a%20' in page.read_text("utf-8")
    again = cli(*command)
    assert again.code == 1
    assert "is there already; give --overwrite" in again.err
    assert cli(*command, "--overwrite").code == 0


def test_photos_are_never_overwritten(cli: Cli, rocket: Path) -> None:
    other = rocket.with_name("x_1x1_100.jpg")
    shutil.copy(rocket, other)
    photo = Path(shutil.copy(rocket, rocket.with_name("x.jpg")))
    command = "web", photo, other, "-r", "1:1", "--widths", "100", "--formats", "jpg"
    result = cli(*command, "--overwrite")
    assert result.code == 1
    assert "which belongs to" in result.err
    assert other.read_bytes() == rocket.read_bytes()


def test_a_photo_that_fails_leaves_the_others(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    result = cli("web", broken, rocket, "-r", "1:1", "--widths", "64", "--formats", "webp")
    assert result.code == 1
    assert "broken.jpg" in result.err
    assert len(Elements(result.out).of("picture")) == 1


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--widths", "wide"),
        ("--widths", "0"),
        ("--formats", "bmp"),
        ("--mobile", "1:1"),
        ("--max-candidates", "2"),
    ],
)
def test_wrong_usage(cli: Cli, rocket: Path, flag: str, value: str) -> None:
    result = cli("web", rocket, "-r", "1:1", flag, value)
    assert (result.code, result.out) == (2, "")
    assert flag in result.err
    assert [path.name for path in rocket.parent.iterdir()] == [rocket.name]
