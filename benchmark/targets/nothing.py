"""A function that does nothing: what functions-framework and the server cost by themselves."""

from starlette.requests import Request


async def answer(_request: Request) -> str:
    """Answer every request with the same two letters.

    Parameters
    ----------
    _request
        Not looked at.

    Returns
    -------
    str
    """
    return "OK"
