"""What the function says of itself: the model that answers, and its health; `application` calls it.

The health paths say that the process is up: what it needs, it has read before it listens.
"""

from typing import TYPE_CHECKING

import msgspec

from function.adapters.routes import Route, Routes, fixed
from function.errors import BodyTooLargeError
from function.model import Training
from function.policy import Policy
from function.scoring import Scorer
from function.settings import Settings

if TYPE_CHECKING:
    from function.adapters.operations import Operation


class ModelCard(msgspec.Struct):
    """What GET /model says of the model that answers.

    Attributes
    ----------
    name
        The recipe's name.
    version
        The first characters of the digest.
    digest
        SHA-256 over the model file's content, in hexadecimal.
    revision
        The name of the Knative revision that answers.
    threshold
        The model's own, between 0 and 1.
    policy
        What makes its probabilities decisions.
    features
        The names of those that it uses.
    training
        What it was trained on and how well it did.
    """

    name: str
    version: str
    digest: str
    revision: str
    threshold: float
    policy: Policy
    features: list[str]
    training: Training


class Health(msgspec.Struct):
    """What the health paths say.

    Attributes
    ----------
    status
        "live" or "ready".
    """

    status: str


def routes(scorer: Scorer, settings: Settings) -> Routes:
    """Return the paths that answer always the same.

    Parameters
    ----------
    scorer
        The model.
    settings
        The limits, and the revision's name.

    Returns
    -------
    Routes
    """
    card, limit = _card(scorer, settings), settings.max_body_bytes
    return {
        "/model": fixed(msgspec.json.encode(card), lambda: _model_operation(card), limit),
        "/health/live": _health("live", limit),
        "/health/ready": _health("ready", limit),
    }


def _health(status: str, limit: int) -> Route:
    health = Health(status)
    return fixed(msgspec.json.encode(health), lambda: _health_operation(health), limit)


def _model_operation(card: ModelCard) -> "Operation":
    from function.adapters.operations import Content, Operation  # noqa: PLC0415

    return Operation(
        name="read_model",
        summary="The model that answers, and how well it did on data it had not seen",
        gives={"application/json": Content((ModelCard,), card)},
        problems=(BodyTooLargeError,),
    )


def _health_operation(health: Health) -> "Operation":
    from function.adapters.operations import Content, Operation  # noqa: PLC0415

    return Operation(
        name=f"read_health_{health.status}",
        summary=f"Whether the process is {health.status}",
        description="What the process needs, it has read before it listens.",
        gives={"application/json": Content((Health,), health)},
        problems=(BodyTooLargeError,),
    )


def _card(scorer: Scorer, settings: Settings) -> ModelCard:
    model = scorer.model
    return ModelCard(
        model.name,
        model.version,
        model.digest,
        settings.revision,
        model.threshold,
        scorer.policy,
        [feature.name for feature in model.features],
        model.training,
    )
