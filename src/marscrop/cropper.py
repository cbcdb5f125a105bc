"""The facade: a photo and ratios in, crops out. Each method joins steps that others do.

`crop` is the whole way: open, analyse, map, decide. Those who ask more than once about a photo
keep its `Analysis` and repeat the last two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Unpack, cast

from marscrop.analyser import Analyser
from marscrop.analysis import Analysis
from marscrop.crop import Crop
from marscrop.decision import check_zoom, decide, flat_crops, in_photo, moved_to_grid
from marscrop.errors import ConstraintError, OptionError
from marscrop.imaging.photo import Photo
from marscrop.imaging.read_options import READ_OPTIONS, ReadKeywords
from marscrop.imaging.source import Source
from marscrop.imaging.write_options import MetadataPolicy
from marscrop.options import DEFAULT_OPTIONS, CropOptions, Keywords
from marscrop.ratio import AspectRatio, RatioLike, parse_ratios
from marscrop.spelling import Mention

if TYPE_CHECKING:
    from marscrop.imaging.padding import Picture


class Cropper(Analyser):
    """Finds the best-composed crop of a photo for any aspect ratio.

    The same input gives the same box. One cropper can be shared by threads.

    Attributes:
        threads: that work on one photo.
        max_pixels: larger images are refused.
        max_decoded_bytes: so are images that take more memory while their crops are found.
    """

    def crop(
        self,
        image: Source,
        ratios: RatioLike | Iterable[RatioLike],
        options: CropOptions | None = None,
        **overrides: Unpack[Keywords],
    ) -> list[Crop]:
        """The best crop for each ratio, or the best few.

        Args:
            image: path, bytes, binary file object, PIL image, or uint8 array (h, w, 3) in RGB.
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
        written = cast("dict[str, Any]", overrides)
        reading = {name: written.pop(name) for name in READ_OPTIONS if name in written}
        asked = CropOptions.parse(options, **written)
        parsed = parse_ratios(ratios)
        photo = self.open(image, **reading)
        return self.crop_photo(photo, parsed, asked) if parsed else []

    def crop_photo(
        self, photo: Photo, ratios: Sequence[AspectRatio], options: CropOptions = DEFAULT_OPTIONS
    ) -> list[Crop]:
        """`crop` for a photo that is open already, and ratios and options that are parsed."""
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

    def picture(self, image: Source, crop: Crop, **read: Unpack[ReadKeywords]) -> Picture:
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
        image: Source,
        crop: Crop,
        *,
        metadata: MetadataPolicy = "rights",
        **read: Unpack[ReadKeywords],
    ) -> tuple[bytes, Crop]:
        """A crop of a JPEG without encoding it again; needs the extra `lossless`.

        The box keeps its size and moves onto the grid of the JPEG's blocks, by less than a block
        of 8 or 16 pixels.

        Args:
            image: the JPEG that the crop is of: path, bytes or file object.
            crop: as `crop` gave it, not padded.
            metadata: what is kept of the photo's: "none", "rights" or "all".
            **read: as `crop` had it.

        Returns:
            the JPEG, stored as the photo is (with its EXIF orientation), and the crop with the box
            that it shows.

        Raises:
            ImageError: an image that is no JPEG, or that cannot be cropped this way.
            ConstraintError: a padded crop.
        """
        from marscrop.imaging.lossless import BlockGrid

        photo = self.open(image, **read)
        grid = BlockGrid.of(photo)
        moved = moved_to_grid(grid, crop, DEFAULT_OPTIONS)
        return grid.cut(moved.box, metadata).content, moved
