"""Newline-delimited JSON: a transaction a line comes, a decision or a problem a line goes.

https://github.com/ndjson/ndjson-spec; `streams` calls it.
"""

from typing import TYPE_CHECKING

import msgspec

from function.adapters.core import Core
from function.adapters.problems import problem_of
from function.errors import InputError, LineTooLongError
from function.lines import LINE_LIMIT
from function.policy import ThresholdPolicy
from function.scoring import Decision, ModelReference

if TYPE_CHECKING:
    from function.vectors import Verdicts

MEDIA_TYPE = "application/x-ndjson"


class _Text:
    """How decisions without ids and reasons are written where one threshold holds for all.

    Those between two frauds differ in no more than the probability. To put what is always the same
    between the probabilities takes a third of the time of making each decision and writing it.

    Parameters
    ----------
    threshold
        That of all, 0 to 1.
    model
        That made them.
    """

    def __init__(self, threshold: float, model: ModelReference) -> None:
        honest, fraud = (
            msgspec.json.encode(Decision(None, each, 0.5, threshold, model=model)).partition(b"0.5")
            for each in (False, True)
        )
        self._before = (honest[0], fraud[0])
        self._after = honest[2] + b"\n"

    def lines_of(self, found: "Verdicts") -> bytes:
        """Write a line for each."""
        texts, start, count = [], 0, len(found.frauds)
        frauds = [*found.frauds, False, True]  # of each kind there is one to be found
        while start < count:
            fraud = frauds[start]
            end = min(frauds.index(not fraud, start), count)
            texts.append(self._alike(found.probabilities[start:end], fraud=fraud))
            start = end
        return b"".join(texts)

    def _alike(self, probabilities: list[float], *, fraud: bool) -> bytes:
        before, after = self._before[fraud], self._after
        numbers = msgspec.json.encode(probabilities)[1:-1]
        return before + numbers.replace(b",", after + before) + after


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
        policy, self._text = core.scorer.policy, None
        if isinstance(policy, ThresholdPolicy) and not reasons:
            self._text = _Text(policy.threshold, core.scorer.reference)

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
        self._line += len(found)
        if self._text and not isinstance(found, list):
            return self._text.lines_of(self._core.decide_table(found))
        decisions = self._core.decide_all(found, self._reasons)
        for decision in decisions:
            decision.model = self._core.scorer.reference
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
