"""The document's schemas in words and tables; `page` calls it."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from string import digits
from typing import Any

Json = dict[str, Any]

BOUNDS = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}"}


def paragraphs(text: str) -> str:
    """Return a text as HTML.

    Parameters
    ----------
    text
        Blank lines divide its paragraphs.

    Returns
    -------
    str
    """
    return "".join(f"<p>{escape(each)}</p>" for each in text.split("\n\n") if each.strip())


def kind(schema: Json) -> str:
    """Say in a few words what a schema allows.

    Parameters
    ----------
    schema
        A JSON Schema as `msgspec` makes them.

    Returns
    -------
    str
        HTML, with links to the schemas that have a name.
    """
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(kind, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if "contentSchema" in schema:
        return f"each record: {kind(schema['contentSchema']['items'])}"
    return _of_type(schema)


def _of_type(schema: Json) -> str:
    if "prefixItems" in schema:
        counts = sorted({schema["minItems"], schema["maxItems"]})
        return f"array of {' to '.join(map(str, counts))} values"
    if schema.get("type") == "array":
        return f"array of {kind(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object, each value: {kind(schema['additionalProperties'])}"
    name = "text" if schema.get("type") == "string" else schema.get("type", "anything")
    bounds = [words.format(f"{schema[key]:g}") for key, words in BOUNDS.items() if key in schema]
    if schema.get("minLength") == 1:
        bounds.append("not empty")
    return escape(" ".join([name, *bounds]))


def components(schemas: dict[str, Json]) -> str:
    """Return a table for each schema that has a name.

    Parameters
    ----------
    schemas
        By name.

    Returns
    -------
    str
        HTML.
    """
    return "".join(_component(name, schema) for name, schema in sorted(schemas.items()))


def _component(name: str, schema: Json) -> str:
    rows = "".join(_rows(schema))
    return (
        f'<details id="schema-{escape(name)}" open><summary>{escape(name)}</summary>'
        f"{paragraphs(schema['description'])}<div class=wide><table><thead><tr>"
        '<th scope="col">field</th><th scope="col">type</th><th scope="col">meaning</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></details>"
    )


def _rows(schema: Json) -> Iterator[str]:
    required = schema.get("required", ())
    fields = [(name, each, name in required) for name, each in schema["properties"].items()]
    # V1 to V28 are alike: one row for all.
    alike = groupby(fields, key=lambda each: (each[0].rstrip(digits), *each[1:]))
    for (_, field, needed), group in alike:
        names = [name for name, *_ in group]
        label = " to ".join(
            f"<code>{escape(name)}</code>" for name in dict.fromkeys((names[0], names[-1]))
        )
        optional = "" if needed else " <i>optional</i>"
        yield (
            f"<tr><td>{label}{optional}</td><td>{kind(field)}</td>"
            f"<td>{escape(field.get('description', ''))}</td></tr>"
        )
