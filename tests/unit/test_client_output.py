"""Whatever is cut off and wherever a run ends: the output has each row once, or is not there."""

import resource
from contextlib import closing

import msgspec
import pytest
from pyarrow import parquet

from client.errors import OutputError, ResumeError
from client.file_output import FileOutput
from client.source import Place
from client.state import Tally, Task, read_state

TASK = Task(100, 1, "http://localhost/", "rows", "csv", "")
HEAD = b"id,probability,fraud,problem\n"
FIRST, SECOND = b"1,0.5,true,\n", b"2,0.25,false,\n"
ON = {"resume": True, "restart": False}


def after(output, rows):
    return msgspec.structs.replace(output.state, place=Place(rows, rows), tally=Tally(rows))


def begun(path, task=TASK):
    output = FileOutput(path, task, **ON)
    output.begin(HEAD)
    output.append(FIRST, after(output, 1))
    output.keep()
    return output


def finished(output):
    output.append(SECOND, msgspec.structs.replace(after(output, 2), complete=True))
    output.finish()


def test_a_file_gets_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "out.csv"
    with closing(begun(path)) as output:
        assert not path.exists()
        finished(output)
    assert path.read_bytes() == HEAD + FIRST + SECOND
    assert list(tmp_path.iterdir()) == [path]


def test_what_the_state_does_not_know_of_is_cut_off(tmp_path):
    path = tmp_path / "out.csv"
    begun(path).close()
    with (tmp_path / "out.csv.partial").open("ab") as partial:
        partial.write(b"2,0.2")
    with closing(FileOutput(path, TASK, **ON)) as output:
        assert (output.state.place, output.state.tally.rows) == (Place(1, 1), 1)
        finished(output)
    assert path.read_bytes() == HEAD + FIRST + SECOND


def test_a_run_that_was_killed_before_anything_was_kept_begins_anew(tmp_path):
    path = tmp_path / "out.csv"
    (tmp_path / "out.csv.partial").write_bytes(HEAD + b"1,0.")
    begun(path).close()
    assert (tmp_path / "out.csv.partial").read_bytes() == HEAD + FIRST


def test_a_run_that_was_killed_right_after_the_name_was_given_only_cleans_up(tmp_path):
    path = tmp_path / "out.csv"
    with closing(begun(path)) as output:
        output.append(SECOND, msgspec.structs.replace(after(output, 2), complete=True))
        output.keep()
    (tmp_path / "out.csv.partial").replace(path)
    with closing(FileOutput(path, TASK, **ON)) as output:
        assert output.state.complete
        output.finish()
    assert path.read_bytes() == HEAD + FIRST + SECOND
    assert list(tmp_path.iterdir()) == [path]


CHANGES = {
    "the input's size": {"size": 99},
    "the time of the input's last change": {"modified_ns": 2},
    "--url": {"url": "http://elsewhere/"},
    "--as": {"mode": "events"},
    "--source": {"event_source": "/files/b"},
}


@pytest.mark.parametrize(("words", "change"), CHANGES.items())
def test_another_task_does_not_go_on_and_destroys_nothing(tmp_path, words, change):
    path = tmp_path / "out.csv"
    begun(path).close()
    with pytest.raises(ResumeError, match=f"{words} changed.*--restart"):
        FileOutput(path, msgspec.structs.replace(TASK, **change), **ON)
    with closing(FileOutput(path, TASK, **ON)) as output:
        finished(output)
    assert path.read_bytes() == HEAD + FIRST + SECOND


def test_a_run_that_has_done_nothing_may_become_another(tmp_path):
    path = tmp_path / "out.csv"
    with closing(FileOutput(path, TASK, **ON)) as output:
        output.begin(HEAD)
        output.keep()
    with closing(begun(path, msgspec.structs.replace(TASK, url="http://elsewhere/"))) as output:
        finished(output)
    assert path.read_bytes() == HEAD + FIRST + SECOND


def test_restart_forgets_and_replaces(tmp_path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with closing(FileOutput(path, TASK, resume=True, restart=True)) as output:
        output.begin(HEAD)
        assert path.read_bytes() == b"old"
        finished(output)
    assert path.read_bytes() == HEAD + SECOND


def test_a_file_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"is there already.*--restart"):
        FileOutput(path, TASK, **ON)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"precious"]


def test_two_runs_do_not_write_one_file(tmp_path):
    path = tmp_path / "out.csv"
    with closing(begun(path)):
        with pytest.raises(OutputError, match="Another run writes"):
            FileOutput(path, TASK, **ON)
        assert read_state(tmp_path / "out.csv.state", TASK) is not None


def test_a_partial_file_that_became_shorter_is_told(tmp_path):
    path = tmp_path / "out.csv"
    begun(path).close()
    (tmp_path / "out.csv.partial").write_bytes(HEAD)
    with pytest.raises(OutputError, match=r"shorter.*--restart"):
        FileOutput(path, TASK, **ON)


def test_a_state_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "out.csv.state").write_bytes(b"{")
    with pytest.raises(ResumeError, match="--restart begins anew"):
        FileOutput(tmp_path / "out.csv", TASK, **ON)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OutputError, match="No such file or directory"):
        FileOutput(tmp_path / "nowhere" / "out.csv", TASK, **ON)


def test_where_there_is_no_more_room_what_was_kept_stays(tmp_path):
    path = tmp_path / "out.csv"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(begun(path)) as output:
        room = output.state.written + len(SECOND) // 2
        output.append(SECOND, after(output, 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(OutputError, match="File too large"):
                output.keep()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with closing(FileOutput(path, TASK, **ON)) as output:
        assert output.state.place == Place(1, 1)
        finished(output)
    assert path.read_bytes() == HEAD + FIRST + SECOND


def test_parquet_is_made_of_the_rows_and_again_where_it_was_killed(tmp_path):
    path = tmp_path / "out.parquet"
    task = msgspec.structs.replace(TASK, format="parquet")
    with closing(begun(path, task)) as output:
        rows = b'"a ""b""",0.25,false,\n3,,,"{""detail"": ""no""}"\n'
        output.append(rows, msgspec.structs.replace(after(output, 3), complete=True))
        output.keep()
    (tmp_path / "out.parquet.new").write_bytes(b"half")
    with closing(FileOutput(path, task, **ON)) as output:
        output.finish()
    assert parquet.read_table(path).to_pydict() == {
        "id": ["1", 'a "b"', "3"],
        "probability": [0.5, 0.25, None],
        "fraud": [True, False, None],
        "problem": [None, None, '{"detail": "no"}'],
    }
    assert list(tmp_path.iterdir()) == [path]
