"""A CSV file of transactions: what is read, and the sentence for what is not."""

import csv
import gzip
import io
import os
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.transaction import AMOUNT_LIMIT, COMPONENT_LIMIT, TIME_LIMIT
from training.errors import DataError
from training.table import COLUMNS, COMPONENTS, TARGET, read

HEADER = ",".join(COLUMNS)
CELLS = [str(number) for number in range(len(COLUMNS) - 1)]
HONEST, FRAUD = ",".join([*CELLS, "0"]), ",".join([*CELLS, "1"])
ROWS = [HONEST, FRAUD, HONEST, FRAUD]
LINES = [HEADER, *ROWS]
GOOD = "\n".join(LINES) + "\n"
ON_ONE_LINE = ["abc", "NA", "nan", "inf", "-Infinity", "True", "0x1A", "1_000", "1e", "-", "1 000"]
ON_ONE_LINE += ["1,5", "1,234.5", "1.234,5", "12 €", "\0", "1\x002", "\u0661", "=A1", "1\xa0"]
NO_NUMBERS = [*ON_ONE_LINE, "a\nb"]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """What the good file holds."""
    path = tmp_path_factory.mktemp("good") / "own.csv"
    path.write_text(GOOD)
    return read(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that Hypothesis's examples share."""
    return tmp_path_factory.mktemp("examples")


def with_cell(name, text, line=3, lines=LINES):
    """Make a file whose one cell is another."""
    cells = [*CELLS, "0"]
    cells[COLUMNS.index(name)] = text
    return "\n".join([*lines[: line - 1], ",".join(cells), *lines[line:]]) + "\n"


def refusal(path, content):
    """Write a file and return the sentence that refuses it, without the file's name."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()
    return message.removeprefix(str(path))


def test_the_data_set_is_read_whole(table):
    assert table.shape == (284_807, 31)
    assert list(table.columns) == COLUMNS
    assert table[TARGET].sum() == 492
    assert table["Amount"].mean() == pytest.approx(88.34962, abs=1e-5)


def test_the_data_set_is_read_as_pandas_alone_reads_it(table, data_file):
    pd.testing.assert_frame_equal(table, pd.read_csv(data_file), check_exact=True)


def test_whole_numbers_are_read_as_any_others(good):
    assert good.dtypes.to_list() == [*(["float64"] * 30), "int64"]
    assert good.iloc[1].to_list() == [*range(30), 1]


def with_columns(first, *, header="id"):
    """Put one more column in front."""
    return f"{header},{HEADER}\n" + "".join(f"{first},{row}\n" for row in ROWS)


WORKING = {
    "no line end at the end": GOOD.strip(),
    "Windows line ends": GOOD.replace("\n", "\r\n"),
    "old Mac line ends": GOOD.replace("\n", "\r"),
    "a byte order mark": "\ufeff" + GOOD,
    "a byte order mark and blank lines": f"\ufeff\n \n{GOOD}",
    "blank lines": "\n\n" + GOOD.replace("\n", "\n\n \t\n") + "\n\n",
    "gzip": gzip.compress(GOOD.encode()),
    "gzip and a byte order mark": gzip.compress(f"\ufeff{GOOD}".encode()),
    "quotes": re.sub(r"([^,\n]+)", r'"\1"', GOOD),
    "spaces": GOOD.replace(",", " , "),
    "spaces and quotes in the header": GOOD.replace(
        HEADER, '"' + HEADER.replace(",", '", "') + '"'
    ),
    "Class with a point": GOOD.replace(",0\n", ",0.0\n").replace(",1\n", ",1e0\n"),
    "a column without name and cells at the end": GOOD.replace("\n", ",\n"),
    "an index as pandas writes it": with_columns(7, header=""),
    "a column of texts": with_columns("abc"),
    "columns with the same name": with_columns("1,2", header="id,id"),
    "line breaks in a column that is ignored": with_columns('"a\nb"', header='"i\nd"'),
    "commas in a column that is ignored": with_columns('"a, b"', header='"i, d"'),
    "a long text in a column that is ignored": with_columns("x" * 200_000),
    "Latin-1 in a column that is ignored": with_columns("\xe4", header="\xe4").encode("latin-1"),
    "a NUL byte in a column that is ignored": with_columns("a\0b"),
}


@pytest.mark.parametrize("content", WORKING.values(), ids=WORKING)
def test_these_just_work(tmp_path, good, content):
    path = tmp_path / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    pd.testing.assert_frame_equal(read(path), good)


def test_the_columns_may_have_any_order(tmp_path, good):
    path = tmp_path / "own.csv"
    good[[*reversed(COLUMNS)]].to_csv(path, index=False)
    pd.testing.assert_frame_equal(read(path), good)


def test_types_that_change_within_a_column_that_is_ignored_are_no_warning(tmp_path):
    path = tmp_path / "own.csv"
    rows = [f"{text},{row}" for text in ("abc", "1") for row in 5_000 * ROWS]
    path.write_text("\n".join([f"id,{HEADER}", *rows]))
    assert len(read(path)) == 40_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", " is empty;"),
        (" \n\r\n\n\t\n", " is empty;"),
        ("\ufeff", " is empty;"),
        (gzip.compress(b""), " is empty;"),
        (f"{HEADER}", " holds no transactions"),
        (f"{HEADER}\n\n \n", " holds no transactions"),
        (f"{HEADER}\n{HONEST}\n", " holds 1 honest transactions (Class 0) and 0 frauds (Class 1);"),
        ("\n".join([HEADER, *4 * [HONEST]]), " holds 4 honest transactions (Class 0) and 0 frauds"),
        ("\n".join([HEADER, *4 * [FRAUD]]), " holds 0 honest transactions (Class 0) and 4 frauds"),
        ("\n".join([HEADER, *4 * [HONEST], FRAUD]), "each must be there at least 2 times."),
    ],
)
def test_too_little_is_told(tmp_path, content, words):
    assert words in refusal(tmp_path / "own.csv", content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", f" has no column {', '.join(COLUMNS[:-1])} and Class: its header, line 1,"),
        (GOOD.replace("V14,", ""), " has no column V14: its header, line 1, is 'Time,V1,V2,"),
        (GOOD.replace("V14,V15", "v14,V 15"), " has no column V14 and V15: its header, line 1,"),
        (f"\n\n# mine\n{GOOD}", "its header, line 3, is '# mine'. Expected are Time, V1 to V28,"),
        (f"\n{HONEST}\n{FRAUD}\n", " has no header: line 2 holds numbers."),
        (GOOD.replace(",", ";"), ", line 1: the cells are separated by semicolons; commas are"),
        (GOOD.replace(",", "\t"), ", line 1: the cells are separated by tabs; commas are expected"),
        (GOOD.replace("V7,", "V3,"), ", line 1: the column V3 is there more than once, in the"),
        (GOOD.replace("V7,", " V3,"), "in the positions 4 and 8. Remove or rename all but one."),
        (GOOD.replace("V7,V8", "V3,V3"), "in the positions 4, 8 and 9."),
    ],
)
def test_a_header_that_is_not_the_data_sets_is_told(tmp_path, content, words):
    assert words in refusal(tmp_path / "own.csv", content)


@pytest.mark.parametrize(
    ("line", "text", "words"),
    [
        (2, f"{HONEST},5", ", line 2: the number of cells is 32, but 31 in the header."),
        (3, f"{HONEST},5", ", line 3: the number of cells is 32, but 31 in the header."),
        (2, HONEST.replace(",7,", ",7,5,"), "numbers have a decimal point and no comma."),
        (2, HONEST[2:], ", line 2: the number of cells is 30, but 31 in the header."),
        (5, HONEST[2:], ", line 5: the number of cells is 30, but 31 in the header."),
        (4, "end", "but 31 in the header. Cells are separated by commas; numbers have a decimal"),
        (4, '""', ", line 4: the number of cells is 1, but 31 in the header."),
        (4, HONEST.replace(",", ";"), ", line 4: the number of cells is 1,"),
        (
            3,
            HONEST.replace(",7,", ',"7,'),
            ", lines 3 to 5: the number of cells is 8, but 31 in the header. A",
        ),
        (3, "," * 30, ", line 3, column Time: the cell is empty."),
    ],
)
def test_a_row_that_is_no_row_is_told(tmp_path, line, text, words):
    content = "\n".join([*LINES[: line - 1], text, *LINES[line:]])
    assert words in refusal(tmp_path / "own.csv", content)


@pytest.mark.parametrize("ends", ["id", ""])
def test_a_short_row_is_told_where_only_a_column_that_is_ignored_ends_it(tmp_path, ends):
    rows = [f"{HEADER},id", f"{HONEST},a", f"{HONEST},{ends}", HONEST, FRAUD]
    words = ", line 4: the number of cells is 31, but 32 in the header."
    assert refusal(tmp_path / "own.csv", "\n".join(rows)).startswith(words)


def test_cells_beyond_the_header_are_told_where_all_rows_have_them(tmp_path):
    content = f"{HEADER}\n" + "".join(f"{row},\n" for row in ROWS)
    words = ", line 2: the number of cells is 32, but 31 in the header."
    assert refusal(tmp_path / "own.csv", content).startswith(words)


@pytest.mark.parametrize("name", ["Time", "V3", "Amount"])
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_told(tmp_path, name, text):
    content = with_cell(name, f'"{text}"')
    lines = "lines 3 to 4" if "\n" in text else "line 3"
    words = f", {lines}, column {name}: {text!r} is not a number; a number is written as 1234.5"
    assert refusal(tmp_path / "own.csv", content).startswith(words)


def test_what_is_no_number_in_any_row_is_told_too(tmp_path):
    rows = [HEADER, *(row.replace(",7,", ",True,") for row in ROWS)]
    words = ", line 2, column V7: 'True' is not a number"
    assert refusal(tmp_path / "own.csv", "\n".join(rows)).startswith(words)


@pytest.mark.parametrize("text", ["", " ", '""', '" "'])
def test_an_empty_cell_is_told(tmp_path, text):
    words = ", line 3, column V3: the cell is empty. Write a number there or remove the row."
    assert refusal(tmp_path / "own.csv", with_cell("V3", text)) == words


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("Time", "-1", "0 to 1e+12"),
        ("Time", "1.1e12", "0 to 1e+12"),
        ("Amount", "-0.01", "0 to 1e+12"),
        ("Amount", "1e400", "0 to 1e+12"),
        ("Amount", "99999999999999999999999", "0 to 1e+12"),
        ("V28", "1000000001", "-1e+09 to 1e+09"),
        ("V28", "-1e10", "-1e+09 to 1e+09"),
    ],
)
def test_what_the_function_refuses_is_not_trained_on(tmp_path, name, text, allowed):
    words = f", line 3, column {name}: {text!r} is outside what the function accepts, {allowed}."
    assert refusal(tmp_path / "own.csv", with_cell(name, text)).startswith(words)


def test_what_the_function_just_accepts_is_trained_on(tmp_path):
    path = tmp_path / "own.csv"
    limits = dict.fromkeys(COMPONENTS, COMPONENT_LIMIT) | {"Time": TIME_LIMIT, TARGET: 0}
    cells = [repr(limits.get(name, AMOUNT_LIMIT)) for name in COLUMNS]
    path.write_text(f"{GOOD}{','.join(cells)}\n")
    assert read(path).iloc[-1].to_dict() == limits | {"Amount": AMOUNT_LIMIT}


@pytest.mark.parametrize("text", ["2", "-1", "0.5", "", "abc", "True", "nan"])
def test_a_class_that_is_none_is_told(tmp_path, text):
    words = f", line 3, column Class: {text!r} is neither 0 (honest) nor 1 (fraud)."
    assert refusal(tmp_path / "own.csv", with_cell(TARGET, text)) == words


def test_a_long_text_is_cut(tmp_path):
    words = f", line 3, column V3: '{'x' * 40}'... is not a number"
    assert refusal(tmp_path / "own.csv", with_cell("V3", "x" * 200_000)).startswith(words)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_lines_are_counted_as_an_editor_counts(tmp_path, end, packed):
    lines = [
        "\ufeff",
        f"id,{HEADER}",
        "",
        f'"a\n\nb",{HONEST}',
        " ",
        f"a,{HONEST.replace('7', 'x')}",
    ]
    content = "\n".join(lines).replace("\n", end).encode()
    words = ", line 8, column V7: 'x' is not a number"
    assert refusal(tmp_path / "own.csv", packed(content)).startswith(words)


def test_the_first_of_several_faults_is_told(tmp_path):
    content = with_cell("Time", "b", line=5, lines=with_cell("V3", "a").splitlines())
    assert ", line 3, column V3: 'a'" in refusal(tmp_path / "own.csv", content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and more", " is a zip archive or an Excel workbook; a CSV file is expected"),
        (gzip.compress(b"PK\x03\x04"), " is a zip archive or an Excel workbook; a CSV file is"),
        (GOOD.encode("utf-16"), " is UTF-16 text; a CSV file is expected, in UTF-8, plain or"),
        (GOOD.encode("utf-16-le"), " is not text; a CSV file is expected"),
        (bytes(range(256)), " is not text; a CSV file is expected"),
        (gzip.compress(GOOD.encode())[:-1], " is a gzip file that is cut off or damaged: "),
        (gzip.compress(GOOD.encode())[:40], " is a gzip file that is cut off or damaged: "),
        (gzip.compress(GOOD.encode())[:3], " is a gzip file that is cut off or damaged: "),
        (b"\x1f\x8babcdefghijkl", " is a gzip file that is cut off or damaged: "),
        (gzip.compress(GOOD.encode())[:10] + b"\xff" * 99, " is a gzip file that is cut off or"),
    ],
)
def test_a_file_of_another_kind_is_told(tmp_path, content, words):
    assert refusal(tmp_path / "own.csv", content).startswith(words)


def test_gzip_is_told_by_its_bytes_not_by_the_name(tmp_path, good):
    plain, packed = tmp_path / "own.csv.gz", tmp_path / "own.csv"
    plain.write_text(GOOD)
    packed.write_bytes(gzip.compress(GOOD.encode()))
    pd.testing.assert_frame_equal(read(plain), good)
    pd.testing.assert_frame_equal(read(packed), good)


@pytest.mark.parametrize(
    "content",
    [
        f'{GOOD}" "\n',
        with_columns("").replace("\n", "\r\r"),
        f"{HEADER},id\n" + ",a\n".join(ROWS) + ',"a\n',
    ],
)
def test_what_pandas_alone_refuses_is_told_without_a_line(tmp_path, content):
    words = " cannot be read as CSV, though no single row is at fault. Close all quotation marks,"
    assert refusal(tmp_path / "own.csv", content).startswith(words)


def test_a_last_quotation_mark_that_is_not_closed_is_told(tmp_path):
    words = ", line 5, column Class: '1\\n' is neither 0 (honest) nor 1 (fraud)."
    assert refusal(tmp_path / "own.csv", GOOD.removesuffix("1\n") + '"1\n') == words


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.csv cannot be read: No such file"):
        read(tmp_path / "absent.csv")


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DataError, match="it is not a file"):
            read(path)


def test_a_file_that_must_not_be_read_is_named(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read every file")
    with pytest.raises(DataError, match=r"own\.csv cannot be read: Permission denied"):
        read(path)


components = st.floats(-COMPONENT_LIMIT, COMPONENT_LIMIT)
rows = st.tuples(
    st.floats(0, TIME_LIMIT),
    *(components for _ in COMPONENTS),
    st.floats(0, AMOUNT_LIMIT),
    st.integers(0, 1),
).map(list)
classes_enough = [[0.0] * 30 + [each] for each in (0, 1, 0, 1)]
tables = st.lists(rows, max_size=4).map(lambda drawn: classes_enough + drawn)
forms = st.fixed_dictionaries(
    {
        "end": st.sampled_from(["\n", "\r\n", "\r"]),
        "mark": st.booleans(),
        "packed": st.booleans(),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "blank": st.lists(st.sampled_from(["", " ", "\t "]), max_size=3),
    }
)


def written(path, rows, form, order=COLUMNS):
    """Write rows in a form; returns the number of lines that each of them takes."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=form["quoting"], lineterminator=form["end"])
    for row in [order, *rows]:
        text.write("".join(f"{line}{form['end']}" for line in form["blank"]))
        writer.writerow(row)
    content = text.getvalue().encode("utf-8-sig" if form["mark"] else "utf-8")
    path.write_bytes(gzip.compress(content) if form["packed"] else content)
    return len(form["blank"]) + 1


@given(rows=tables, form=forms, order=st.permutations(range(len(COLUMNS))))
def test_every_table_in_every_form_is_read_as_it_was(folder, rows, form, order):
    names = [COLUMNS[index] for index in order]
    written(folder / "own.csv", [[row[index] for index in order] for row in rows], form, names)
    table = read(folder / "own.csv")
    assert table.columns.to_list() == COLUMNS
    assert table.to_numpy().tolist() == rows


@given(rows=tables, form=forms, bad=st.sampled_from([*ON_ONE_LINE, "", "-2e12"]), data=st.data())
def test_one_bad_cell_anywhere_is_told_with_its_line_and_column(folder, rows, form, bad, data):
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(COLUMNS) - 1))
    changed = [list(each) for each in rows]
    changed[row][column] = bad
    line = (row + 2) * written(folder / "own.csv", changed, form)
    with pytest.raises(DataError) as caught:
        read(folder / "own.csv")
    assert str(caught.value).startswith(
        f"{folder / 'own.csv'}, line {line}, column {COLUMNS[column]}: "
    )
