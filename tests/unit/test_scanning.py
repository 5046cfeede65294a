"""Where the characters of a text are: what numpy finds is what a look at each of them finds."""

from hypothesis import given
from hypothesis import strategies as st

from function.scanning import places_of

SPARSE = st.lists(st.integers(0, 30).map(lambda count: b"x" * count), max_size=30).map(b":".join)


@given(SPARSE | st.binary(max_size=200) | st.text(":x", max_size=200).map(str.encode))
def test_a_character_is_found_wherever_it_is(text):
    expected = [place for place, character in enumerate(text) if character == ord(":")]
    assert places_of(text, ord(":")).tolist() == expected
