"""The document of all paths, OpenAPI 3.1, made of the same types that read and write them.

https://spec.openapis.org/oas/v3.1.1.html; `documentation` loads it for the first who asks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from itertools import groupby
from typing import Any

import msgspec

from function.adapters.operations import Content, Operation, Parameter
from function.adapters.problems import KINDS, MEDIA_TYPE, Problem
from function.adapters.routes import OPEN_PATHS, Routes
from function.errors import (
    HeadTooLargeError,
    InputError,
    MalformedRequestError,
    OverloadedError,
    UnauthorizedError,
    UploadTimeoutError,
)

Json = dict[str, Any]

VERSION = "0.1.0"
ALWAYS = (MalformedRequestError, HeadTooLargeError, UploadTimeoutError, OverloadedError)
"""What may be wrong with any request, whatever its path."""

DESCRIPTION = """\
How probable it is that a credit-card transaction is a fraud, and why.

What cannot be answered is answered with a problem (RFC 9457) that names every fault at once."""
REFERENCES = "#/components/schemas/{name}"
KEY_SCHEME = "bearerAuth"
SECURITY: list[Json] = [{}, {KEY_SCHEME: []}]
"""None, or a key: it is the service's settings that ask for one."""

ATTRIBUTES = re.compile(r"\n*Attributes\n-+\n")
ATTRIBUTE = re.compile(r"^(\w[\w, .]*)\n((?: +\S.*\n?)+)", re.MULTILINE)
FROM_TO = ", ..., "


def document(routes: Routes) -> bytes:
    """Make the document.

    Parameters
    ----------
    routes
        All that there are.

    Returns
    -------
    bytes
        JSON.
    """
    operations = {path: route.describe() for path, route in routes.items()}
    schemas = _Schemas(operations.values())
    paths = {
        path: {
            method.lower(): _operation(path, method.lower(), operations[path], schemas)
            for method in route.methods
        }
        for path, route in routes.items()
    }
    return msgspec.json.encode(
        {
            "openapi": "3.1.1",
            "info": {"title": "Fraud scoring", "version": VERSION, "description": DESCRIPTION},
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "securitySchemes": {
                    KEY_SCHEME: {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "A key, where the service is set to ask for one.",
                    }
                },
            },
        }
    )


class _Schemas:
    """The JSON Schemas of all types that operations mention."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        types = [Problem, *(each for operation in operations for each in _types_of(operation))]
        schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCES)
        self._schemas = dict(zip(types, schemas, strict=True))
        self.components = {name: _explained(schema) for name, schema in components.items()}

    def of(self, kind: object) -> Json:
        """Return the schema of a type that an operation mentions."""
        return self._schemas[kind]

    def of_any(self, kinds: Sequence[object]) -> Json:
        """Return the schema of what is of any of these types; none allow everything."""
        if not kinds:
            return {}
        schemas = [self.of(each) for each in kinds]
        return {"anyOf": schemas} if len(schemas) > 1 else schemas[0]


def _types_of(operation: Operation) -> Iterable[object]:
    for content in (*operation.takes.values(), *operation.gives.values()):
        yield from content.types
    for parameter in (*operation.parameters, *operation.headers):
        yield parameter.type


def _explained(schema: Json) -> Json:
    """Divide a class's docstring (numpydoc) among the class and its attributes."""
    head, *rest = ATTRIBUTES.split(cleandoc(schema.get("description", "")), maxsplit=1)
    properties = schema.get("properties", {})
    for names, text in ATTRIBUTE.findall("".join(rest)):
        for name in _listed(names, list(properties)):
            properties[name]["description"] = " ".join(text.split())
    return {**schema, "description": head, "properties": properties}


def _listed(names: str, fields: list[str]) -> list[str]:
    """Return the fields that a docstring names together, such as "V1, ..., V28"."""
    if FROM_TO in names:
        first, last = names.split(FROM_TO)
        return fields[fields.index(first) : fields.index(last) + 1]
    return [name for name in names.split(", ") if name in fields]


def _operation(path: str, method: str, operation: Operation, schemas: _Schemas) -> Json:
    head, needs_key = method == "head", path not in OPEN_PATHS
    errors = {*operation.problems, *ALWAYS} | ({UnauthorizedError} if needs_key else set())
    responses = {
        "200": _answer(operation, schemas),
        **_problems(errors, schemas),
    }
    if head:
        for response in responses.values():
            response.pop("content")
    found: Json = {
        "operationId": f"{operation.name}_head" if head else operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [_parameter(each, schemas) for each in operation.parameters],
        "security": SECURITY if needs_key else [],
        "responses": dict(sorted(responses.items())),
    }
    if operation.takes:
        found["requestBody"] = {"required": True, "content": _content(operation.takes, schemas)}
    return found


def _parameter(parameter: Parameter, schemas: _Schemas) -> Json:
    found: Json = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": schemas.of(parameter.type),
    }
    if parameter.example is not msgspec.UNSET:
        found["example"] = parameter.example
    return found


def _answer(operation: Operation, schemas: _Schemas) -> Json:
    answer: Json = {"description": "The answer.", "content": _content(operation.gives, schemas)}
    if operation.headers:
        answer["headers"] = {
            each.name: {"description": each.description, "schema": schemas.of(each.type)}
            for each in operation.headers
        }
    return answer


def _problems(errors: set[type[InputError]], schemas: _Schemas) -> Json:
    kinds = sorted((KINDS[error] for error in errors), key=lambda kind: (kind.status, kind.name))
    found = {
        str(status): _problem("; or: ".join(kind.title for kind in group), schemas)
        for status, group in groupby(kinds, key=lambda kind: kind.status)
    }
    if UnauthorizedError in errors:
        found[str(KINDS[UnauthorizedError].status)]["headers"] = {
            "www-authenticate": {
                "description": "The scheme of the key.",
                "schema": {"type": "string"},
            }
        }
    return found


def _problem(title: str, schemas: _Schemas) -> Json:
    return {
        "description": f"{title}.",
        "content": {MEDIA_TYPE: {"schema": schemas.of(Problem)}},
    }


def _content(contents: Mapping[str, Content], schemas: _Schemas) -> Json:
    return {
        media_type: _media(media_type, content, schemas) for media_type, content in contents.items()
    }


def _media(media_type: str, content: Content, schemas: _Schemas) -> Json:
    schema: Json
    if media_type.endswith(("/json", "+json")):
        schema = schemas.of_any(content.types)
    else:
        schema = {"type": "string", "contentMediaType": media_type}
        if content.types:
            schema["contentSchema"] = {"type": "array", "items": schemas.of_any(content.types)}
    media: Json = {"schema": schema}
    if content.example is not msgspec.UNSET:
        media["example"] = content.example
    return media
