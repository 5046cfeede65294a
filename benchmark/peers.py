"""The peers: servers of scikit-learn models, each in an environment of its own.

`benchmark.bench` asks for them. What a team would write for each is in `targets/`; what costs time
and tells nothing here, such as a log line for every request, is off where the peer lets it be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from benchmark.contenders import TARGETS, Contender
from benchmark.environments import Environment
from benchmark.posts import Post, Transaction, rows, version_1, version_2


@dataclass(frozen=True)
class Peer:
    """A server of scikit-learn models.

    Attributes
    ----------
    name
        As the tables show it.
    packages
        What pip is told to install; the first gives the peer its version.
    command
        A program of its environment, and arguments with the places that `Contender` has.
    post
        Makes of a transaction what it is asked.
    environment
        As in `Contender`; {pipeline} stands for the fitted pipeline's file too.
    """

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    post: Callable[[Transaction], Post]
    environment: Mapping[str, str] = field(default_factory=dict)


_PIPELINE = {"BENCHMARK_PIPELINE": "{pipeline}"}

PEERS = {
    "kserve": Peer(
        "KServe",
        ("kserve", "scikit-learn", "joblib"),
        # Otherwise it writes six lines for every request, some of them warnings of FastAPI's.
        (
            *("python", str(TARGETS / "kserve_model.py"), "--http_port", "{port}"),
            *("--configure_logging", "False", "--enable_latency_logging", "False"),
        ),
        version_1,
        {**_PIPELINE, "PYTHONWARNINGS": "ignore"},
    ),
    "mlserver": Peer(
        "MLServer",
        ("mlserver", "mlserver-sklearn"),
        ("mlserver", "start", str(TARGETS / "mlserver")),
        partial(version_2, outputs=("predict_proba",)),
        {
            "MLSERVER_HOST": "{host}",
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "0",
            "MLSERVER_MODEL_URI": "{pipeline}",
        },
    ),
    "bentoml": Peer(
        "BentoML",
        ("bentoml", "scikit-learn"),
        (
            *("bentoml", "serve", "bentoml_service:Fraud", "--working-dir", str(TARGETS)),
            *("--host", "{host}", "--port", "{port}"),
        ),
        rows,
        {**_PIPELINE, "BENTOML_DO_NOT_TRACK": "True"},
    ),
    "litserve": Peer(
        "LitServe",
        ("litserve", "scikit-learn"),
        ("python", str(TARGETS / "litserve_api.py"), "--host", "{host}", "--port", "{port}"),
        rows,
        _PIPELINE,
    ),
}
"""By the words with which the command line chooses."""


def contender_of(peer: Peer, environment: Environment, transaction: Transaction) -> Contender:
    """Make a peer a contender.

    Parameters
    ----------
    peer
        One of `PEERS`.
    environment
        Where it is installed.
    transaction
        What it is asked about.

    Returns
    -------
    Contender
    """
    program, *arguments = peer.command
    pipeline = str(environment.pipeline)
    return Contender(
        peer.name,
        [str(environment.program(program)), *arguments],
        peer.post(transaction),
        {key: text.replace("{pipeline}", pipeline) for key, text in peer.environment.items()},
        environment.size_mib(),
        environment.versions((peer.packages[0], "scikit-learn")),
        optional=True,
    )
