"""Plain JSON: one transaction or an array of them; `application` calls it."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.core import Core
from function.adapters.requests import reasons_wanted
from function.scoring import Decision, ModelReference
from function.transaction import Transaction

MEDIA_TYPE = "application/json"
REASONS_OF_EACH = 0


class Decisions(msgspec.Struct):
    """The answer to an array.

    Attributes
    ----------
    decisions
        In the array's order.
    model
        The model that made them all.
    """

    decisions: list[Decision]
    model: ModelReference


def score_transactions(core: Core, request: Request, body: bytes) -> Response:
    """Answer an object with a decision, an array with an object of decisions.

    Parameters
    ----------
    core
        The model, and what it can score.
    request
        Its query may ask for a number of reasons.
    body
        The JSON text.

    Returns
    -------
    Response

    Raises
    ------
    InputError
        As `Reader.read_transactions` and `reasons_wanted` do.
    """
    found = core.reader.read_transactions(body)
    answer: Decision | Decisions
    if isinstance(found, Transaction):
        answer = core.decide(found, reasons_wanted(request, core.reasons))
    else:
        reasons = reasons_wanted(request, REASONS_OF_EACH)
        answer = Decisions(core.decide_all(found, reasons), core.scorer.reference)
    return Response(msgspec.json.encode(answer), media_type=MEDIA_TYPE)
