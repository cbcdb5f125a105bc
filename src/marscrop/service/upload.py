"""An upload: an image, as the body or as a part of a form, and parameters."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from marscrop.service.parameters import Texts
from marscrop.service.refusals import Refusal, bad_request

IMAGE: Final = "image"
_MOST_FIELDS: Final = 300
_FORM: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Upload:
    """One request, read to its end.

    Attributes:
        texts: parameters, those of the query before those of a form.
        content: the image file; None if none was sent.
        name: of the image file, if one was given.
    """

    texts: Texts
    content: bytes | None
    name: str | None

    @classmethod
    async def read(cls, request: Request) -> Upload:
        """Read a request.

        A body that is no form is the image, whatever its content type says: what it really is
        is seen from its first bytes.

        Raises:
            Refusal: a body that is encoded, a form that is not in UTF-8, whose `image` is no file,
                or that holds other files.
        """
        _check_encoding(request)
        query = request.query_params.multi_items()
        if not request.headers.get("content-type", "").lower().startswith(_FORM):
            return cls(_gathered(query), await request.body() or None, None)
        async with _form(request) as form:
            image = form.get(IMAGE)
            texts = _gathered([*query, *_texts(form.multi_items())])
            if image is None:
                return cls(texts, None, None)
            if not isinstance(image, UploadFile):
                raise bad_request(f"the form's {IMAGE} must be a file: curl -F {IMAGE}=@photo.jpg")
            return cls(texts, await image.read() or None, _file_name(image.filename))

    def image(self) -> bytes:
        """The image file.

        Raises:
            Refusal: 422, none was sent.
        """
        if self.content is None:
            raise bad_request(
                f"no photo was sent; send an image file as the body, or as `{IMAGE}` of a form"
            )
        return self.content


class _InMemory(MultiPartParser):
    """Writes no upload to a disk, which may be full, and where others may look."""

    spool_max_size = sys.maxsize  # what bounds it is `ServiceLimits.max_body_bytes`


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    async with aclosing(request.stream()) as stream:
        parser = _InMemory(request.headers, stream, max_files=1, max_fields=_MOST_FIELDS)
        try:
            form = await parser.parse()
        except (MultiPartException, FormParserError) as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, str(error)) from None
    try:
        yield form
    finally:
        await form.close()


def _check_encoding(request: Request) -> None:
    """Nothing is unpacked here, and forms are in UTF-8 (RFC 7578, section 5.1.2).

    Starlette would decode a form by whichever of Python's codecs its header names.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content_encoding",
            f"send the photo as it is, without Content-Encoding; got {encoding!r}",
        )
    _, options = parse_options_header(request.headers.get("content-type", ""))
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise bad_request(f"a form must be in UTF-8; got charset {charset!r}")


def _texts(items: Iterable[tuple[str, UploadFile | str]]) -> list[tuple[str, str]]:
    texts = []
    for name, value in items:
        if isinstance(value, str):
            texts.append((name, value))
        elif name != IMAGE:
            raise bad_request(f"the form's file must be called {IMAGE}; got {name!r}")
    return [(name, value) for name, value in texts if name != IMAGE]


def _gathered(items: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, value in items:
        texts.setdefault(name, []).append(value)
    return texts


def _file_name(path: str | None) -> str | None:
    """The last part of what a client calls its file: some send their whole path."""
    name = PurePosixPath((path or "").replace("\\", "/")).name
    return None if name in ("", "..") else name
