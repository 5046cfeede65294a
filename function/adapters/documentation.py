"""GET /openapi.json and GET /docs: what all paths take and give; `application` calls it.

Both are made for the first who asks, and kept: the start does not pay for them.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from function.adapters.requests import read_body
from function.adapters.routes import READING_METHODS, Describe, Route, Routes
from function.errors import BodyTooLargeError
from function.settings import Settings

if TYPE_CHECKING:
    from function.adapters.operations import Operation

DOCUMENT_PATH = "/openapi.json"
PAGE_PATH = "/docs"
DOCUMENT_HEADERS = {"content-type": "application/json", "x-content-type-options": "nosniff"}

Made = tuple[bytes, dict[str, str]]


def routes(others: Routes, settings: Settings) -> Routes:
    """Return the paths that say what all paths take and give, themselves included.

    Parameters
    ----------
    others
        All other paths.
    settings
        The limits.

    Returns
    -------
    Routes
    """

    @cache
    def document() -> bytes:
        from function.adapters.openapi import document  # noqa: PLC0415

        return document({**others, **own})

    @cache
    def page() -> Made:
        from function.adapters.page import page  # noqa: PLC0415

        return page(document())

    limit = settings.max_body_bytes
    own = {
        DOCUMENT_PATH: _made(lambda: (document(), DOCUMENT_HEADERS), _document_operation, limit),
        PAGE_PATH: _made(page, _page_operation, limit),
    }
    return own


def _made(make: Callable[[], Made], describe: Describe, limit: int) -> Route:
    async def answer(request: Request) -> Response:
        await read_body(request, limit)
        content, headers = make()
        return Response(content, headers=headers)

    return Route(READING_METHODS, answer, describe)


def _document_operation() -> "Operation":
    from function.adapters.operations import Content, Operation  # noqa: PLC0415

    return Operation(
        name="read_document",
        summary="This document, for programs",
        gives={"application/json": Content((dict[str, Any],))},
        problems=(BodyTooLargeError,),
    )


def _page_operation() -> "Operation":
    from function.adapters.operations import Content, Operation  # noqa: PLC0415

    return Operation(
        name="read_page",
        summary="This document, for people",
        gives={"text/html": Content()},
        problems=(BodyTooLargeError,),
    )
