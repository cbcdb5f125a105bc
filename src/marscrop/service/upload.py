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
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from marscrop.service.parameters import Texts
from marscrop.service.refusals import Refusal, bad_request

IMAGE: Final = "image"
_MOST_FIELDS: Final = 300
_FORM: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Upload:
    """One request, read to its end.

    Attributes:
        query: of its URL, as it came.
        fields: of a form: names and values, the image left out; none of another body.
        content: the image file; None if none was sent.
        name: of the image file, if one was given.
    """

    query: bytes
    fields: Sequence[tuple[str, str]] = ()
    content: bytes | None = None
    name: str | None = None

    @property
    def texts(self) -> Texts:
        """The parameters, those of the query before those of a form."""
        texts: dict[str, list[str]] = {}
        for name, value in (*QueryParams(self.query).multi_items(), *self.fields):
            texts.setdefault(name, []).append(value)
        return texts

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
        query: bytes = request.scope["query_string"]
        if not _header(request, b"content-type", "").lower().startswith(_FORM):
            return cls(query, (), await _body(request.receive) or None, None)
        async with _form(request) as form:
            image = form.get(IMAGE)
            fields = _texts(form.multi_items())
            if image is None:
                return cls(query, fields, None, None)
            if not isinstance(image, UploadFile):
                raise bad_request(f"the form's {IMAGE} must be a file: curl -F {IMAGE}=@photo.jpg")
            return cls(query, fields, await image.read() or None, _file_name(image.filename))

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


async def _body(receive: Receive) -> bytes:
    """A whole body; one that comes as one message is not copied, unlike by Starlette.

    Raises:
        ClientDisconnect: the client left before.
    """
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if part := message.get("body"):
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


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
    encoding = _header(request, b"content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content_encoding",
            f"send the photo as it is, without Content-Encoding; got {encoding!r}",
        )
    kind = _header(request, b"content-type", "")
    if not kind:
        return
    _, options = parse_options_header(kind)
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise bad_request(f"a form must be in UTF-8; got charset {charset!r}")


def _header(request: Request, name: bytes, default: str) -> str:
    """The first header of a name, which is in lower case."""
    for key, value in request.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return default


def _texts(items: Iterable[tuple[str, UploadFile | str]]) -> list[tuple[str, str]]:
    texts = []
    for name, value in items:
        if isinstance(value, str):
            texts.append((name, value))
        elif name != IMAGE:
            raise bad_request(f"the form's file must be called {IMAGE}; got {name!r}")
    return [(name, value) for name, value in texts if name != IMAGE]


def _file_name(path: str | None) -> str | None:
    """The last part of what a client calls its file: some send their whole path."""
    name = PurePosixPath((path or "").replace("\\", "/")).name
    return None if name in ("", "..") else name
