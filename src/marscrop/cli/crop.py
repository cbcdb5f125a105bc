"""`marscrop crop`: photos in, crops or boxes out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from marscrop.errors import ImageError, MarscropError
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from marscrop.cropper import Crop, Cropper
    from marscrop.imaging.decode import Photo


def crop(
    images: Annotated[
        list[str], typer.Argument(help="Photos: JPEG, PNG, WebP, AVIF, TIFF, GIF, HEIC.")
    ],
    ratio: Annotated[
        list[str],
        typer.Option(
            "--ratio",
            "-r",
            help="Aspect ratio, width:height, such as 16:9, 4x5, 1.5 or square. Repeat for more.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the crops, or a file for a single one. Default: beside each photo.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object a photo; write crops only if -o is given."
        ),
    ] = False,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help="Of JPEG, WebP, AVIF and HEIC. Default: a JPEG keeps its own."
        ),
    ] = None,
    file_type: Annotated[
        str | None,
        typer.Option(
            "--format", help="jpg, png, webp, avif, tif, gif or heic. Default: the photo's."
        ),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Folder of an exported model.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="For one photo. Default: all cores.")
    ] = None,
) -> None:
    """Crop photos to the best window of each aspect ratio.

    Crops are named PHOTO_16x9.jpg. A photo that fails is named on stderr and the rest is done:
    exit code 1; wrong usage: exit code 2.
    """
    ratios = _parse_ratios(ratio)
    targets = _Targets(images, ratios, output, file_type)
    from marscrop.cropper import Cropper

    cropper = Cropper(model, threads=threads)
    write = output is not None or not as_json
    failed = False
    for image in images:
        try:
            _crop_one(cropper, image, ratios, targets if write else None, quality, as_json)
        except MarscropError as error:
            print(f"marscrop: {error}", file=sys.stderr)
            failed = True
    if failed:
        raise typer.Exit(1)


def _crop_one(
    cropper: Cropper,
    image: str,
    ratios: list[AspectRatio],
    targets: _Targets | None,
    quality: int | None,
    as_json: bool,
) -> None:
    from marscrop.imaging.decode import open_photo

    photo = open_photo(image, max_pixels=cropper.max_pixels)
    crops = cropper.crop_photo(photo, ratios)
    if targets is not None:
        _write_crops(photo, crops, targets.of(image, photo), quality, quiet=as_json)
    if as_json:
        print(json.dumps(_as_table(image, photo, crops)), flush=True)


def _write_crops(
    photo: Photo, crops: list[Crop], paths: list[Path], quality: int | None, *, quiet: bool
) -> None:
    from marscrop.imaging.encode import write_crop

    upright = photo.upright()
    for found, path in zip(crops, paths, strict=True):
        write_crop(upright, found.box, path, quality=quality, source=photo)
        if not quiet:
            width, height = found.box.size
            x0, y0 = found.box[:2]
            print(f"{path}  {width}x{height} at ({x0}, {y0})  confidence {found.confidence:.2f}")


def _as_table(image: str, photo: Photo, crops: list[Crop]) -> dict[str, object]:
    return {
        "image": image,
        "width": photo.size.width,
        "height": photo.size.height,
        "crops": [
            {"ratio": str(c.ratio), "box": list(c.box), "confidence": round(c.confidence, 4)}
            for c in crops
        ],
    }


def _parse_ratios(texts: list[str]) -> list[AspectRatio]:
    ratios: dict[str, AspectRatio] = {}
    for text in texts:
        try:
            parsed = AspectRatio.parse(text)
        except MarscropError as error:
            _refuse(str(error))
        ratios.setdefault(parsed.slug, parsed)  # asked twice is answered once
    return list(ratios.values())


def _refuse(message: str) -> NoReturn:
    """Wrong usage: one line and exit code 2."""
    print(f"marscrop: {message}", file=sys.stderr)
    raise typer.Exit(2)


class _Targets:
    """Where crops go: decides each path once, and never twice the same or one of the photos."""

    def __init__(
        self,
        images: list[str],
        ratios: list[AspectRatio],
        output: Path | None,
        file_type: str | None,
    ) -> None:
        from marscrop.imaging.encode import output_format

        self._ratios = ratios
        self._suffix = f".{file_type.lower().lstrip('.')}" if file_type else None
        self._file = self._folder = None
        try:
            if self._suffix:
                output_format(f"crop{self._suffix}")
            if output is not None and output.suffix and not output.is_dir():
                output_format(output)
                self._file = output
        except ImageError as error:
            _refuse(str(error))
        if self._file and len(images) * len(ratios) > 1:
            _refuse(
                f"-o {output} is one file, but there are {len(images) * len(ratios)} crops; "
                f"name a folder"
            )
        if output is not None and self._file is None:
            self._folder = output
            try:
                output.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                _refuse(f"-o {output}: the folder cannot be made ({error.strerror})")
        self._taken = {_real(Path(image)): image for image in images}

    def of(self, image: str, photo: Photo) -> list[Path]:
        """A path for each ratio.

        Raises:
            ImageError: a path is one of the photos, or was given to an earlier one.
        """
        from marscrop.imaging.encode import suffix_for

        source = Path(image)
        folder = self._folder or source.parent
        suffix = self._suffix or suffix_for(photo)
        paths = [folder / f"{source.stem}_{ratio.slug}{suffix}" for ratio in self._ratios]
        if self._file:
            paths = [self._file]
        for path in paths:
            owner = self._taken.get(_real(path))
            if owner is not None:
                raise ImageError(
                    f"{image}: its crop would overwrite {path}, which belongs to {owner}; "
                    f"choose another folder with -o"
                )
        self._taken.update({_real(path): f"the crops of {image}" for path in paths})
        return paths


def _real(path: Path) -> Path:
    return path.resolve()
