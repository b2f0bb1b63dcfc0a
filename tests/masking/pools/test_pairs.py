import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.pools.pairs import Pairs

FIRST, SECOND = ["Ada", "", "Zoë", "x"], ["Lovelace", "Кюри", ""]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans())))
def test_pairs_are_both_values_in_their_order(chosen: list[tuple[int, int, bool]]) -> None:
    pairs = Pairs(pa.array(FIRST, pa.large_string()), pa.array(SECOND, pa.large_string()), between=" & ", turned="/")
    places = np.array(chosen, np.int64).reshape(-1, 3)
    taken = pairs.take(places[:, 0], places[:, 1], places[:, 2] == 1)
    taken.validate(full=True)
    assert taken.type == pa.large_string()
    assert taken.to_pylist() == [
        f"{SECOND[second]}/{FIRST[first]}" if turned else f"{FIRST[first]} & {SECOND[second]}"
        for first, second, turned in chosen
    ]
