"""The facade: a photo and ratios in, crops out. Each method joins steps that others do.

`crop` is the whole way: open, analyse, map, decide. Those who ask more than once about a photo
keep its `Analysis` and repeat the last two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, cast

from marscrop.analyser import Analyser
from marscrop.analysis import Analysis
from marscrop.crop import Crop
from marscrop.decision import check_zoom, decide, flat_crops, in_photo, moved_to_grid
from marscrop.errors import ConstraintError, OptionError
from marscrop.geometry import Box
from marscrop.imaging.photo import Photo
from marscrop.imaging.read_options import AS_A_WHOLE, READ_OPTIONS, ReadKeywords, ReadOptions
from marscrop.imaging.source import Source
from marscrop.imaging.write_options import MetadataPolicy
from marscrop.options import DEFAULT_OPTIONS, CropOptions, Keywords
from marscrop.ratio import AspectRatio, RatioLike, parse_ratios
from marscrop.spelling import Mention

if TYPE_CHECKING:
    from marscrop.imaging.padding import Picture
    from marscrop.many_photos import PhotoCrops
    from marscrop.window.focal_point import FocalPoint


class Cropper(Analyser):
    """Finds the best-composed crop of a photo for any aspect ratio.

    The same input gives the same box. One cropper can be shared by threads.

    Attributes:
        threads: that work on one photo.
        max_pixels: larger images are refused.
        max_decoded_bytes: so are images that take more memory while their crops are found.
    """

    _sequential: Cropper | None = None
    """The same with one thread, for many photos at once; made when it is needed."""

    def crop(
        self,
        image: Source | Photo,
        ratios: RatioLike | Iterable[RatioLike],
        options: CropOptions | None = None,
        **overrides: Unpack[Keywords],
    ) -> list[Crop]:
        """The best crop for each ratio, or the best few.

        Args:
            image: path, bytes, binary file object, PIL image, photo that `open` gave, or uint8
                array: (h, w, 3) in RGB, (h, w, 4) in RGBA, (h, w) or (h, w, 1) in greys.
            ratios: such as "16:9", 1.5 or "square"; one or several.
            options: what else is asked, as `CropOptions.parse` gave it.
            **overrides: options by name, which go before those; `marscrop.options` is their table,
                and `ReadOptions` has those of reading, such as frame=0.
                Boxes are (x0, y0, x1, y1) in pixels of the upright photo, or "5%,10%,50%,80%".

        Returns:
            the crops of each ratio, best first, in the order of the ratios.

        Raises:
            RatioError: a ratio that cannot be understood.
            OptionError: an option that cannot be understood, or is out of its range; `zoom="tight"`
                where the model sees no subjects.
            ConstraintError: what the photo cannot meet.
            ImageError: an image that cannot be found or read; `LimitError`: that is too large.
            MissingExtraError: faces to keep and no detector installed.
        """
        parsed = parse_ratios(ratios)
        read, asked = _parse_written(options, overrides)
        with self._opened(image, read) as photo:
            return self.crop_photo(photo, parsed, asked) if parsed else []

    def crop_many(
        self,
        images: Iterable[Source | Photo],
        ratios: RatioLike | Iterable[RatioLike],
        options: CropOptions | None = None,
        *,
        workers: int | None = None,
        **overrides: Unpack[Keywords],
    ) -> Iterator[PhotoCrops]:
        """The crops of each of many photos, in the order of the photos, as they are found.

        Photos are taken as they are needed, so that there may be any number of them, and few are
        in memory at once. One that fails is a result with an `error`, and the rest is done. Who
        stops early, by `break` or `close`, waits only for what is begun.

        Args:
            images: each as `crop` has it.
            ratios, options, **overrides: as `crop` has them, for all photos.
            workers: photos at once; by default `threads`.

        Raises:
            OptionError, MissingExtraError: at once, what no photo could have.
        """
        from marscrop.many_photos import crops_of_each

        parsed = parse_ratios(ratios)
        read, asked = _parse_written(options, overrides)
        self.prepare(asked)
        count = workers or self.threads
        # Many photos at once use the cores better than many threads on one.
        cropper = self if count == 1 else self._with_one_thread()
        return crops_of_each(
            images,
            lambda image: cropper.open(image, read=read),
            lambda photo: cropper.analysis_bytes(photo, asked),
            lambda photo: cropper.crop_photo(photo, parsed, asked) if parsed else [],
            count,
        )

    def _with_one_thread(self) -> Cropper:
        if self.threads == 1:
            return self
        with self._loading:
            if self._sequential is None:
                self._sequential = Cropper(
                    self._folder,
                    threads=1,
                    max_pixels=self.max_pixels,
                    max_decoded_bytes=self.max_decoded_bytes,
                )
            return self._sequential

    def _asked(
        self, image: Source | Photo, options: CropOptions | None, overrides: Keywords
    ) -> tuple[Photo, CropOptions]:
        """A photo and the options of its crops, as they were written."""
        read, asked = _parse_written(options, overrides)
        return self.open(image, read=read), asked

    def crop_photo(
        self,
        photo: Source | Photo,
        ratios: Sequence[AspectRatio],
        options: CropOptions = DEFAULT_OPTIONS,
    ) -> list[Crop]:
        """`crop` for ratios and options that are parsed."""
        return self.crop_analysed(self.analyse(photo, options.faces, options), ratios, options)

    def crop_analysed(
        self,
        analysis: Analysis,
        ratios: Sequence[AspectRatio],
        options: CropOptions = DEFAULT_OPTIONS,
    ) -> list[Crop]:
        """`crop_photo` for a photo that was analysed already.

        Raises:
            ConstraintError: what the photo cannot meet.
            OptionError: faces are to be kept that nobody looked for, or a subject framed that the
                model does not see.
        """
        if options.faces == "keep" and analysis.faces is None:
            raise OptionError(
                (Mention("faces", "keep"), " must be said when the photo is analysed, too"),
                "faces",
                "keep",
            ).about(analysis.name)
        if not analysis.serves(options):
            raise OptionError(
                (
                    *(Mention("keep_borders"), ", or a box to ", Mention("keep")),
                    " that reaches into a border, must be told when the photo is analysed, too",
                ),
                "keep_borders",
                options.keep_borders,
            ).about(analysis.name)
        faces = (analysis.faces or ()) if options.faces == "keep" else ()
        subjects = analysis.subjects
        check_zoom(options, sees_subjects=subjects is not None)
        if subjects is not None and options.faces == "ignore":
            subjects = subjects.without_heads()
        try:
            limits = options.constraints.on(analysis.size)
            if analysis.part:
                limits = limits.within(analysis.part)
            ratios = [ratio.in_photo(*analysis.size) for ratio in ratios]
            maps = self.maps(analysis.features, ratios)
            return [
                in_photo(crop, analysis.part)
                for logits, ratio in zip(maps, ratios, strict=True)
                for crop in (analysis.is_flat and flat_crops(limits, ratio))
                or decide(
                    logits,
                    limits,
                    faces,
                    subjects,
                    ratio,
                    options,
                    self.manifest,
                    self.max_pixels,
                    analysis.opaque,
                )
            ]
        except ConstraintError as error:
            error.about(analysis.name)
            raise

    def focal_point(
        self,
        image: Source | Photo,
        options: CropOptions | None = None,
        **overrides: Unpack[Keywords],
    ) -> FocalPoint:
        """The point from which CSS and content management systems get nearly our crops.

        Args:
            image, options, **overrides: as `crop` has them. The point keeps and avoids what they
                say as far as the largest crop of each ratio can; zoom does not count.

        Raises:
            as `crop`.
        """
        photo, asked = self._asked(image, options, overrides)
        return self.focal_analysed(self.analyse(photo, asked.faces, asked), asked)

    def focal_analysed(
        self,
        analysis: Analysis,
        options: CropOptions = DEFAULT_OPTIONS,
        within: Box | None = None,
    ) -> FocalPoint:
        """`focal_point` for a photo that was analysed already; errors as of `crop_analysed`.

        Args:
            analysis: of the photo.
            options: that hold for its crops.
            within: a crop of it, for the focal point of that crop as a picture of its own.
        """
        from marscrop.window.focal_point import COMMON_RATIOS, bars_around, fit_focal_point

        limits = options.constraints.on(analysis.size)
        largest = replace(
            options, zoom="none", max_candidates=1, min_confidence=0.0, fallback="pad"
        )
        try:
            crops = self.crop_analysed(analysis, COMMON_RATIOS, largest)
        except ConstraintError:  # some ratio cannot be had; the fit still heeds what is asked
            free = replace(largest, keep=(), avoid=(), keep_borders=analysis.part is None)
            crops = self.crop_analysed(analysis, COMMON_RATIOS, free)
        boxes = [crop.box for crop in crops]
        picture = within or Box(0, 0, *analysis.size)
        bars = bars_around(analysis.part, analysis.size) if analysis.part else []
        return fit_focal_point(picture, boxes, limits.keep, [*limits.avoid, *bars])

    def picture(self, image: Source | Photo, crop: Crop, **read: Unpack[ReadKeywords]) -> Picture:
        """A crop's pixels, with its padding.

        Args:
            image: the photo that the crop is of.
            crop: as `crop` gave it.
            **read: as `crop` had it: which frame, say.

        Returns:
            a PIL image of `crop.size`; HDR is toned down to sRGB.

        Raises:
            ImageError: an image that cannot be found or read, or does not hold the box.
        """
        from marscrop.imaging.padding import cut
        from marscrop.imaging.screen import upright_picture

        photo = self.open(image, **read)
        return cut(upright_picture(photo).image, crop.box, crop.padding)

    def lossless(
        self,
        image: Source | Photo,
        crop: Crop,
        options: CropOptions | None = None,
        *,
        metadata: MetadataPolicy = "rights",
        **overrides: Unpack[Keywords],
    ) -> tuple[bytes, Crop]:
        """A crop of a JPEG without encoding it again; needs the extra `lossless`.

        The box keeps its size and moves onto the grid of the JPEG's blocks, by less than a block
        of 8 or 16 pixels.

        Args:
            image: the JPEG that the crop is of, as `crop` has it.
            crop: as `crop` gave it, not padded.
            options, **overrides: as `crop` had them: what is to be kept and avoided counts for the
                moved box, too.
            metadata: what is kept of the photo's: "none", "rights" or "all".

        Returns:
            the JPEG, stored as the photo is (with its EXIF orientation), and the crop with the box
            that it shows.

        Raises:
            ImageError: an image that is no JPEG, or that cannot be cropped this way.
            ConstraintError: a padded crop, or no box near it meets the constraints.
            OptionError: an option that is unknown or cannot be understood.
        """
        from marscrop.imaging.lossless import BlockGrid

        photo, asked = self._asked(image, options, overrides)
        grid = BlockGrid.of(photo)
        moved = moved_to_grid(grid, crop, asked)
        return grid.cut(moved.box, metadata).content, moved


def _parse_written(
    options: CropOptions | None, overrides: Keywords
) -> tuple[ReadOptions, CropOptions]:
    """How photos are read, and the options of their crops, as they were written."""
    if not overrides:
        return AS_A_WHOLE, options or DEFAULT_OPTIONS
    written = cast("dict[str, Any]", dict(overrides))
    reading = {name: written.pop(name) for name in READ_OPTIONS if name in written}
    read = ReadOptions.parse(**reading) if reading else AS_A_WHOLE
    return read, CropOptions.parse(options, **written)
