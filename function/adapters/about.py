"""What the function says of itself: the model that answers, and its health; `application` calls it.

The health paths say that the process is up: what it needs, it has read before it listens.
"""

import msgspec

from function.adapters.routes import Routes, fixed
from function.model import Training
from function.policy import Policy
from function.scoring import Scorer
from function.settings import Settings


class ModelCard(msgspec.Struct):
    """What GET /model says of the model that answers."""

    name: str
    version: str
    digest: str
    revision: str
    threshold: float
    policy: Policy
    features: list[str]
    training: Training


class Health(msgspec.Struct):
    """What the health paths say."""

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
    content = {
        "/model": _card(scorer, settings),
        "/health/live": Health("live"),
        "/health/ready": Health("ready"),
    }
    return {
        path: fixed(msgspec.json.encode(each), body_limit=settings.max_body_bytes)
        for path, each in content.items()
    }


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
