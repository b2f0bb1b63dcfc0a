"""Classification, retention and exemptions: the facts that rules ask for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Classification, Conventions, Exemption, Retention, RetentionClass, Tiers
from dataops_infra.conventions.base import glob_matches
from dataops_infra.errors import InvalidInputError

LEVELS = Classification()


@pytest.mark.parametrize(
    ("level", "floor", "reached"), [("pii", "public", True), ("masked", "masked", True), ("internal", "masked", False)]
)
def test_levels_ascend(level: str, floor: str, reached: bool) -> None:
    assert LEVELS.at_least(level, floor) is reached


def test_a_level_that_does_not_exist_is_no_low_one() -> None:
    with pytest.raises(InvalidInputError, match=r"^classification: expected one of public, .*, got 'secret'$"):
        LEVELS.at_least("secret", "public")


def test_what_begins_at_which_level() -> None:
    assert [level for level in LEVELS.levels if LEVELS.needs_customer_managed_key(level)] == ["confidential", "pii"]
    assert [level for level in LEVELS.levels if LEVELS.is_production_only(level)] == ["pii"]


@pytest.mark.parametrize(("levels", "highest"), [(["internal", "pii", "public"], "pii"), ([], "public")])
def test_the_highest_level(levels: list[str], highest: str) -> None:
    assert LEVELS.highest(levels) == highest


def test_retention_classes_by_name_and_by_default() -> None:
    standard = Conventions().retention_class()
    assert (standard.name, standard.minimum_days, standard.maximum_days) == ("standard", 30, 400)
    assert Conventions().retention_class("regulated").tiers == Tiers(infrequent_after_days=90, archive_after_days=365)
    with pytest.raises(InvalidInputError, match=r"^retention_class: expected one of transient, standard, regulated"):
        Conventions().retention_class("long")


def test_a_class_without_a_maximum_may_archive_at_any_time() -> None:
    assert RetentionClass(tiers=Tiers(archive_after_days=1)).tiers.last_days == 1
    assert Tiers().last_days == 0


@given(st.integers(0, 500), st.integers(1, 500), st.none() | st.integers(1, 500), st.none() | st.integers(1, 500))
def test_a_class_exists_exactly_when_its_days_fit_together(
    minimum: int, maximum: int, infrequent: int | None, archive: int | None
) -> None:
    fits = (
        minimum <= maximum
        and (infrequent is None or infrequent >= 30)
        and (infrequent is None or archive is None or archive >= infrequent + 30)
        and max(infrequent or 0, archive or 0) < maximum
    )
    tiers = {"infrequent_after_days": infrequent, "archive_after_days": archive}
    document = {"minimum_days": minimum, "maximum_days": maximum, "tiers": tiers}
    try:
        RetentionClass.model_validate(document)
    except ValueError:
        assert not fits
    else:
        assert fits


def test_the_default_class_is_one_of_the_classes() -> None:
    with pytest.raises(ValueError, match="lacks 'standard', which default is where none is given"):
        Retention(classes={"mine": RetentionClass()})
    assert Retention(default="mine", classes={"mine": RetentionClass()}).classes["mine"].name == "mine"


EXEMPTION = Exemption(
    policy="lake-bucket-versioned",
    resource="urn:pulumi:*::scratch-*",
    owner="data-platform",
    reason="temporary export",
    expires=date(2027, 1, 31),
)


@pytest.mark.parametrize(
    ("policy", "urn", "matches"),
    [
        ("lake-bucket-versioned", "urn:pulumi:dev::acme::aws:s3/bucket:Bucket::scratch-1", True),
        ("lake-bucket-versioned", "urn:pulumi:dev::acme::my:Lake$aws:s3/bucket:Bucket::scratch-1", True),
        ("lake-bucket-versioned", "urn:pulumi:dev::acme::aws:s3/bucket:Bucket::my-scratch-1", False),
        ("lake-bucket-versioned", "xurn:pulumi:dev::acme::aws:s3/bucket:Bucket::scratch-1", False),
        ("lake-bucket-encrypted", "urn:pulumi:dev::acme::aws:s3/bucket:Bucket::scratch-1", False),
    ],
)
def test_an_exemption_speaks_of_one_policy_and_a_glob_of_urns(policy: str, urn: str, matches: bool) -> None:
    assert EXEMPTION.matches(policy, urn) is matches
    conventions = Conventions(exemptions=(EXEMPTION,))
    assert conventions.exemptions_for(policy, urn) == ((EXEMPTION,) if matches else ())


@pytest.mark.parametrize(("day", "expired"), [("2027-01-30", False), ("2027-01-31", False), ("2027-02-01", True)])
def test_an_exemption_holds_through_its_last_day(day: str, expired: bool) -> None:
    assert EXEMPTION.expired(date.fromisoformat(day)) is expired


@pytest.mark.parametrize(
    ("glob", "text", "matches"),
    [("a[b]", "a[b]", True), ("a[b]", "ab", False), ("a.c", "abc", False), ("a?c", "abc", True), ("*", "a\nb", True)],
)
def test_only_stars_and_question_marks_are_special(glob: str, text: str, matches: bool) -> None:
    assert glob_matches(glob, text) is matches


@given(st.text(max_size=20))
def test_a_text_matches_itself_and_a_star_around_it(text: str) -> None:
    assert glob_matches(text, text)
    assert glob_matches(f"*{text}*", f"x{text}y")
