"""Refusals: a status, and a JSON body that names the limit.

{"error": {"code": "body_too_large", "message": "...",
           "limit": {"name": "max_body_bytes", "value": 33554432}}}

What is wrong with a photo is also said without its name, as `reason`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

from marscrop.errors import (
    ConstraintError,
    ImageError,
    LimitError,
    MarscropError,
    MissingExtraError,
    OptionError,
    RatioError,
    TruncatedError,
)
from marscrop.service.security_headers import SECURITY_HEADERS
from marscrop.spelling import in_http

CLIENT_LEFT: Final = 499
"""What nginx made the status of a request whose client left before it had sent all of it."""

_LOG: Final = logging.getLogger("marscrop.service")


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - it is an answer
    """Raised anywhere on a request's way; becomes its answer.

    Attributes:
        status: of HTTP.
        code: a word for programs.
        message: a sentence for people: what was expected, what came, what to do.
        limit: name and value of the setting that was exceeded, if it was one.
        headers: further ones of the answer.
        reason: the message without the photo's name, where it begins with that.
    """

    status: HTTPStatus
    code: str
    message: str
    limit: tuple[str, float] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None

    def response(self) -> JSONResponse:
        """The answer."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.reason is not None:
            error["reason"] = self.reason
        if self.limit is not None:
            error["limit"] = dict(zip(("name", "value"), self.limit, strict=True))
        return JSONResponse({"error": error}, self.status, dict(self.headers))


def busy(code: str, message: str, limit: tuple[str, float], *, client: bool = False) -> Refusal:
    """A refusal for now: 503, or 429 where it is the client's own doing."""
    status = HTTPStatus.TOO_MANY_REQUESTS if client else HTTPStatus.SERVICE_UNAVAILABLE
    return Refusal(status, code, message, limit, {"Retry-After": "1"})


def bad_request(message: str, limit: tuple[str, float] | None = None) -> Refusal:
    """A request that cannot be understood."""
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_request", message, limit)


def of_error(error: MarscropError, *, opening: bool = False) -> Refusal:
    """What an error of the library is to a client.

    Args:
        error: that was raised.
        opening: whether it came as a photo was opened: then what was sent is no image at all.
    """
    if isinstance(error.__cause__, MemoryError):
        return _out_of_memory()
    match error:
        case LimitError():
            return _beyond(error)
        case ImageError() if opening and not isinstance(error, TruncatedError):
            status, code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_an_image"
        case ImageError():
            status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "image"
        case ConstraintError():
            status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "constraint"
        case RatioError():
            status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "ratio"
        case OptionError():
            status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "option"
        case MissingExtraError():
            status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "not_installed"
        case _:
            _LOG.error("failed on a request", exc_info=error)
            return _internal()
    reason = None if error.source is None else error.explained(in_http)
    return Refusal(status, code, error.text(in_http), reason=reason)


def _beyond(error: LimitError) -> Refusal:
    """A photo beyond a limit, which a client cannot raise."""
    code, advice = {
        "max_pixels": ("too_many_pixels", "send a smaller one"),
        "max_decoded_bytes": ("too_much_memory", "send a smaller one, or a baseline JPEG"),
    }[error.name]
    reason = f"{error.fact}; {advice}"
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code,
        f"{error.source}: {reason}",
        (error.name, error.limit),
        reason=reason,
    )


def _out_of_memory() -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "out_of_memory",
        "there is not enough memory for this photo now; try again, or with a smaller one",
        headers={"Retry-After": "1"},
    )


def _internal() -> Refusal:
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "something broke here; it is in the log"
    )


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - Starlette dispatches on the type
    return error.response()


async def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MarscropError)  # noqa: S101
    return of_error(error).response()


async def _exhausted(_: Request, __: Exception) -> JSONResponse:
    return _out_of_memory().response()


async def _left(_: Request, __: Exception) -> Response:
    """Nobody reads it; metrics count it."""
    return Response(status_code=CLIENT_LEFT)


async def _unrouted(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    return Refusal(
        status, status.name.lower(), error.detail, headers=error.headers or {}
    ).response()


async def _broken(_: Request, __: Exception) -> JSONResponse:
    # Beyond all middleware.
    return replace(_internal(), headers=SECURITY_HEADERS).response()


async def answer_to(request: Request, error: Exception) -> Response:
    """The answer to an error, as Starlette finds it in `HANDLERS`.

    Raises:
        the error itself: nobody foresaw it.
    """
    for kind in type(error).__mro__:
        if kind is not Exception and (handler := HANDLERS.get(kind)):
            answer: Response = await handler(request, error)  # type: ignore[misc, arg-type]
            return answer
    raise error


HANDLERS: Final[Mapping[Any, ExceptionHandler]] = {
    Refusal: _refused,
    MarscropError: _failed,
    MemoryError: _exhausted,
    ClientDisconnect: _left,
    HTTPException: _unrouted,
    Exception: _broken,
}
"""So Starlette answers errors in this form, whatever they are."""
