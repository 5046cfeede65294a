"""What a path takes and gives: what each adapter declares of its routes, and `openapi` writes down.

A `Route` holds a function that describes it, not the description, so that nothing here is loaded
before somebody asks for the document.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from function.errors import InputError


class Content(msgspec.Struct, frozen=True):
    """A body of one media type.

    Attributes
    ----------
    types
        What JSON is decoded to or encoded from, any of them. Of another media type, what each of
        its records holds (a line of NDJSON, a row of CSV); none where it has no records.
    example
        A body: a value where it is JSON, else a text.
    """

    types: tuple[object, ...] = ()
    example: object = msgspec.UNSET


class Parameter(msgspec.Struct, frozen=True):
    """Something that may be told outside the body, or a header of the answer.

    Attributes
    ----------
    name
        As the client writes it.
    place
        Where it does.
    type
        What its text stands for.
    description
        A sentence for people.
    required
        Whether it must be there.
    example
        A value for it.
    """

    name: str
    place: Literal["query", "path", "header"]
    type: object
    description: str
    required: bool = False
    example: object = msgspec.UNSET


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a path takes and gives, for each of its route's methods.

    Attributes
    ----------
    name
        What a generated client calls it: words in lower case with _ between them, one of a kind.
    summary
        What it does, in a few words.
    description
        What else there is to know, in sentences; blank lines divide paragraphs.
    takes
        The bodies that a request may have, by media type; none where it needs no body.
    gives
        The bodies of the answer 200, by media type.
    parameters
        What may be told outside the body.
    headers
        Headers of the answer 200.
    problems
        What may be wrong with a request, beside what may be wrong with any.
    """

    name: str
    summary: str
    gives: Mapping[str, Content]
    description: str = ""
    takes: Mapping[str, Content] = {}
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    problems: tuple[type[InputError], ...] = ()
