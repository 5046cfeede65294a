"""What Schemathesis has to know beside the document; `schemathesis run` loads it.

`tests/integration/test_openapi.py` starts that. A stream is answered whatever its lines are, so its
media types have their own bodies here, of good and bad lines, and their own check of the answers.
The document cannot say which headers belong together, so the hooks see to that.
"""

# ruff: noqa: ARG001  Schemathesis gives hooks and checks their arguments by name.
import csv
import io
import json

import schemathesis
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from schemathesis.core.parameters import ParameterLocation

from function.adapters.scoring_operation import EVENT
from function.transaction import COMPONENT_LIMIT, NUMBER_FIELDS, REQUIRED_FIELDS

STREAMS = ("application/x-ndjson", "text/csv")
BYTES = "application/octet-stream"
CELLS = {"probability": float, "fraud": {"true": True, "false": False}.get}
BINARY_EVENT = {f"ce-{name}": value for name, value in EVENT.items() if name != "subject"}

TENSOR = {"name": "transactions", "shape": [1, len(REQUIRED_FIELDS)], "datatype": "FP64"}
TENSOR |= {"data": [0.25] * len(REQUIRED_FIELDS)}

numbers = st.floats(-COMPONENT_LIMIT, COMPONENT_LIMIT)
amounts = st.floats(0, COMPONENT_LIMIT)
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
transactions = st.fixed_dictionaries(
    {name: amounts if name == "Amount" else numbers for name in REQUIRED_FIELDS},
    optional={"Time": amounts, "id": text},
)


def lines_of(values):
    texts = (value if isinstance(value, str) else json.dumps(value) for value in values)
    return "".join(f"{line}\n" for line in texts).encode()


def rows_of(values):
    output = io.StringIO()
    rows = csv.DictWriter(output, [*NUMBER_FIELDS, "id"])
    rows.writeheader()
    rows.writerows(values)
    return output.getvalue().encode()


bad_rows = st.dictionaries(st.sampled_from(NUMBER_FIELDS), text)


def a_few(values):
    return st.lists(values, min_size=1, max_size=3)


schemathesis.openapi.media_type("application/x-ndjson", a_few(transactions | text).map(lines_of))
schemathesis.openapi.media_type("text/csv", a_few(transactions | bad_rows).map(rows_of))


# Whatever its content type says: JSON is taken for JSON where no header speaks of bytes behind it.
schemathesis.openapi.media_type(BYTES, st.just(json.dumps({"inputs": [TENSOR]}).encode()))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Give it the examples that are no JSON as bytes, the only form in which it can send them."""
    for path in raw_schema["paths"].values():
        contents = path.get("post", {}).get("requestBody", {}).get("content", {})
        for media_type, content in contents.items():
            if media_type in (*STREAMS, BYTES):
                content["example"] = content["example"].encode()


@schemathesis.hook
def filter_case(context, case):
    """Leave out wrong headers of a binary event where there is none, which nobody looks at."""
    wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    return not wrong or case.media_type == "application/json"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Make the headers of a binary event complete, or take them away where there is none."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if positive and case.path.endswith("/infer") and isinstance(case.body, dict):
        # The document cannot say that there are as many data as the shape says.
        case.body["inputs"] = [TENSOR]
    if not positive or not case.headers or case.headers.keys().isdisjoint(BINARY_EVENT):
        return
    binary = case.media_type == "application/json" and isinstance(case.body, dict)
    for name, value in BINARY_EVENT.items():
        if binary:
            case.headers.setdefault(name, value)
        else:
            case.headers.pop(name, None)


@schemathesis.check
def every_record_is_what_the_document_says(ctx, response, case):
    """Compare each line or row of a streamed answer with the schema of its records."""
    media_type = response.headers["content-type"][0].partition(";")[0]
    if response.status_code != 200 or media_type not in STREAMS:
        return
    document = case.operation.schema.raw_schema
    content = document["paths"]["/"]["post"]["responses"]["200"]["content"][media_type]
    registry = Registry().with_resource("", DRAFT202012.create_resource(document))
    validator = Draft202012Validator(
        content["schema"]["contentSchema"], registry=registry, _resolver=registry.resolver()
    )
    faults = validator.iter_errors(records_of(media_type, response.content.decode()))
    assert not [fault.message for fault in faults]


def records_of(media_type, answer):
    if media_type == "application/x-ndjson":
        return [json.loads(line) for line in answer.splitlines()]
    return [
        {name: CELLS.get(name, str)(cell) if cell else None for name, cell in row.items()}
        for row in csv.DictReader(io.StringIO(answer))
    ]
