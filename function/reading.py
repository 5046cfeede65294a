"""Reads transactions from JSON; the adapters call it.

The fast way is msgspec's decoder, which stops at the first fault and, of two equal keys, keeps
the last without a word. What it refuses, and what may hold a key twice, goes to `diagnosis`. Where
many transactions are written alike, `plain_objects` is faster still.
"""

from typing import TYPE_CHECKING, TypeVar

import msgspec

from function.diagnosis import faults_of
from function.errors import MalformedBodyError, refuse
from function.limits import MOST_TRANSACTIONS, VALUES_OF_EACH, check_count, check_values
from function.scanning import LONG, count, has_one_object_a_line
from function.transaction import NUMBER_FIELDS, REQUIRED_FIELDS, TimedTransaction, Transaction

if TYPE_CHECKING:
    from function.tables import Table

_Found = TypeVar("_Found", bound=Transaction | list[Transaction])


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def members_in(body: bytes) -> tuple[dict[str, msgspec.Raw], bool]:
    """Take a JSON object apart without reading its members.

    Parameters
    ----------
    body
        The JSON text.

    Returns
    -------
    members : dict
        The text of each by its name; of two with equal names the last.
    doubtful : bool
        Whether a name may be there twice, which `diagnosis` then tells.

    Raises
    ------
    msgspec.DecodeError, UnicodeDecodeError, RecursionError
        If it is no JSON object.
    """
    members = _MEMBERS.decode(body)
    # Outside its members' texts an object has one colon for each name.
    colons = len(members) + b"".join(members.values()).count(b":")
    return members, body.count(b":") != colons


class Reader:
    """Reads what one model can score.

    Parameters
    ----------
    time_required
        Whether a transaction without Time is refused.
    most
        How many transactions one JSON document may hold, 1 or more.

    Attributes
    ----------
    required
        The names of the fields that a transaction must have.
    most
        The same.
    most_values
        How many values a document may hold that cannot be read at once, and so is taken apart.
    kind
        The type of a transaction with those.
    """

    def __init__(self, *, time_required: bool = False, most: int = MOST_TRANSACTIONS) -> None:
        self.most = most
        self.most_values = VALUES_OF_EACH * max(most, 100)
        kind: type[Transaction] = TimedTransaction if time_required else Transaction
        self.kind = kind
        self.required = NUMBER_FIELDS if time_required else REQUIRED_FIELDS
        self._one = msgspec.json.Decoder(kind)
        self._one_or_many: msgspec.json.Decoder[Transaction | list[Transaction]]
        self._one_or_many = msgspec.json.Decoder(kind | list[kind])  # type: ignore[valid-type]

    def read_transaction(self, body: bytes, *, pointer: str = "") -> Transaction:
        """Read a single transaction.

        Parameters
        ----------
        body
            The JSON text of one object.
        pointer
            The JSON Pointer of that text in the document that holds it.

        Returns
        -------
        Transaction

        Raises
        ------
        MalformedBodyError
            If the body is not JSON.
        InvalidInputError
            If it is, but not a transaction; it names every fault.
        """
        return self._read(self._one, body, pointer, array_allowed=False)

    def read_transactions(self, body: bytes) -> "Transaction | list[Transaction] | Table":
        """Read a single transaction or an array of them.

        Parameters
        ----------
        body
            The JSON text.

        Returns
        -------
        Transaction, list of Transaction or Table
            As the body was an object or an array; a table where this was long and plain.

        Raises
        ------
        MalformedBodyError
            If the body is not JSON.
        InvalidInputError
            If it is, but not one or more transactions; it names every fault.
        BatchTooLargeError
            If there are more than this reader takes.
        """
        found: Transaction | list[Transaction] | Table | None = None
        if len(body) >= LONG and body.startswith(b"[{"):
            found = self._table_of(body[1:].rstrip(), in_lines=False)
        if found is None:
            found = self._read(self._one_or_many, body, "", array_allowed=True)
        if not isinstance(found, Transaction):
            check_count(len(found), self.most)
        return found

    def read_block(self, block: bytes) -> "list[Transaction] | Table":
        r"""Read a transaction from each line, if nothing is wrong or unusual with any of them.

        Parameters
        ----------
        block
            Lines, each the JSON text of one object with a \n.

        Returns
        -------
        list of Transaction or Table
            In their order; a table where there are many and these are plain.

        Raises
        ------
        MalformedBodyError
            If the lines have to be read one by one, with `read_transaction`.
        """
        if len(block) >= LONG and (table := self._table_of(block, in_lines=True)) is not None:
            return table
        try:
            found = self._one.decode_lines(block)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedBodyError(f"A line cannot be read: {error}.") from None
        if not has_one_object_a_line(block) or count(block, b":") != colons_of(found):
            raise MalformedBodyError("The lines have to be read one by one.")
        return found

    def _table_of(self, text: bytes, *, in_lines: bool) -> "Table | None":
        # It loads numpy and simdjson, which takes half as long as the whole start.
        from function.plain_objects import IN_ARRAY, IN_LINES, table_of_objects  # noqa: PLC0415

        table = table_of_objects(text, IN_LINES if in_lines else IN_ARRAY)
        return table if table and set(self.required) <= set(table.columns) else None

    def _read(
        self,
        decoder: msgspec.json.Decoder[_Found],
        body: bytes,
        pointer: str,
        *,
        array_allowed: bool,
    ) -> _Found:
        try:
            found: _Found = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._check(body, pointer, array_allowed=array_allowed)
            raise MalformedBodyError(f"The body cannot be read: {error}.") from None
        if count(body, b":") != colons_of(found):
            self._check(body, pointer, array_allowed=array_allowed)
        return found

    def _check(self, body: bytes, pointer: str, *, array_allowed: bool) -> None:
        check_values(body, self.most_values)
        refuse(
            faults_of(
                body,
                pointer=pointer,
                array_allowed=array_allowed,
                required=self.required,
                limit=self.most,
            )
        )


def colons_of(found: Transaction | list[Transaction]) -> int:
    """Count the colons that JSON of these transactions has where no key is there twice.

    Parameters
    ----------
    found
        As they were read.

    Returns
    -------
    int
        A body with another count is not wrong for that (a null, an escaped colon), just to be
        checked.
    """
    if isinstance(found, Transaction):
        colons = len(REQUIRED_FIELDS) + (found.Time is not None)
        return colons if found.id is None else colons + 1 + found.id.count(":")
    times = [each.Time for each in found if each.Time is not None]
    ids = [each.id for each in found if each.id is not None]
    colons = len(found) * len(REQUIRED_FIELDS) + len(times) + len(ids)
    return colons + "".join(ids).count(":")
