"""Retention classes of every kind that ends, for property tests of lifecycles."""

from hypothesis import strategies as st

from dataops_infra.conventions import RetentionClass, Tiers


def classes() -> st.SearchStrategy[RetentionClass]:
    """Classes with a maximum, with and without colder tiers before it."""
    days = st.integers(30, 400)
    return st.builds(_build, st.integers(0, 4000), st.integers(0, 4000), st.none() | days, st.none() | days)


def _build(minimum: int, room: int, infrequent: int | None, gap: int | None) -> RetentionClass:
    maximum = max(minimum + room, 1)
    tiers: dict[str, int] = {}
    if infrequent is not None and infrequent < maximum:
        tiers["infrequent_after_days"] = infrequent
        if gap is not None and infrequent + gap < maximum:
            tiers["archive_after_days"] = infrequent + gap
    return RetentionClass(minimum_days=minimum, maximum_days=maximum, tiers=Tiers(**tiers))
