"""What the adapters that score have in common: the core, made for one model.

`application` makes it; `transactions` and `events` use it.
"""

from function.reading import Reader
from function.scoring import Scorer


class Core:
    """The core, made for one model.

    Parameters
    ----------
    scorer
        The model.
    revision
        The revision's name.

    Attributes
    ----------
    scorer, revision
        The same.
    reader
        Reads what the model can score.
    """

    def __init__(self, scorer: Scorer, revision: str) -> None:
        self.scorer = scorer
        self.revision = revision
        self.reader = Reader(time_required=scorer.model.needs_time)
