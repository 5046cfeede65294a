"""Newline-delimited JSON: a transaction a line comes, a decision or a problem a line goes.

https://github.com/ndjson/ndjson-spec; `streams` calls it.
"""

import msgspec

from function.adapters.core import Core
from function.adapters.problems import problem_of
from function.errors import InputError, LineTooLongError
from function.lines import LINE_LIMIT

MEDIA_TYPE = "application/x-ndjson"


class NdjsonTranslator:
    """Answers lines of JSON.

    Parameters
    ----------
    core
        The model, and what it can score.
    reasons
        How many reasons each decision gives.
    """

    media_type = MEDIA_TYPE
    head = b""

    def __init__(self, core: Core, reasons: int) -> None:
        self._core = core
        self._reasons = reasons
        self._line = 0
        self._encoder = msgspec.json.Encoder()

    def answer_block(self, block: bytes) -> bytes:
        r"""Answer many lines at once, if nothing is wrong or unusual with any of them.

        Parameters
        ----------
        block
            Lines, each with its \n.

        Returns
        -------
        bytes
            The lines that `answer` would return, probabilities to 1e-15.

        Raises
        ------
        InputError
            If they have to be answered one by one.
        """
        found = self._core.reader.read_block(block)
        decisions = self._core.decide_all(found, self._reasons)
        for decision in decisions:
            decision.model = self._core.scorer.reference
        self._line += len(found)
        return self._encoder.encode_lines(decisions)

    def answer(self, line: bytes | None) -> bytes:
        """Answer the next line.

        Parameters
        ----------
        line
            Without its end; None where it was too long.

        Returns
        -------
        bytes
            A line, with its end: a decision, or a problem that says which line it is about. Nothing
            for a line that is blank.
        """
        self._line += 1
        try:
            return self._decided(line)
        except InputError as error:
            self._core.observations.add_error(error)
            problem = msgspec.to_builtins(problem_of(error))
            return msgspec.json.encode({"line": self._line, **problem}) + b"\n"

    def _decided(self, line: bytes | None) -> bytes:
        if line is None:
            raise LineTooLongError(LINE_LIMIT)
        if not line.strip():
            return b""
        decision = self._core.decide(self._core.reader.read_transaction(line), self._reasons)
        return msgspec.json.encode(decision) + b"\n"
