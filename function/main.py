"""The composition root: what functions-framework loads, and its target, `score`.

    functions-framework --source function/main.py --target score --asgi

works too; `function.serve` does the same with one process less, a longer keep-alive and the limits
of `http_protocol`: on heads, on slow uploads, and on what is sent ahead of its answers.
"""

import os
import sys
from collections.abc import Mapping

from function.adapters.application import Function, application
from function.adapters.log import start_log, write
from function.errors import StartError
from function.model import read_model
from function.scoring import Scorer
from function.settings import read_settings


def create(environment: Mapping[str, str]) -> Function:
    """Read the settings and the model, and make the function that answers requests.

    Parameters
    ----------
    environment
        Such as `os.environ`.

    Returns
    -------
    Function
        An async function of a Starlette request, as functions-framework takes it.

    Raises
    ------
    StartError
        If a setting or the model file is not as it should be.
    """
    settings = read_settings(environment)
    scorer = Scorer(read_model(settings.model), settings.policy)
    start_log(settings.log)
    function = application(scorer, settings)
    if settings.tracing:
        # It takes longer to load than all the rest.
        from function.adapters.tracing import traced  # noqa: PLC0415

        function = traced(function, scorer.reference, settings.revision)
    model = scorer.model
    write("started", model=model.name, version=model.version, revision=settings.revision)
    return function


# numpy, where a batch has it loaded, would start threads to multiply matrices, which nothing here
# does: they cost memory, and time to look for work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
try:
    score = create(os.environ)
except StartError as error:
    sys.exit(f"The function cannot start. {error}")
