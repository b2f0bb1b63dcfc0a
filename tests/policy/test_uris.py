"""Every URI of an object store that was planted in a text is found, placeholders and all, in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.policy.uris import find_uris, with_placeholders


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("s3://acme-lake/raw/x", [("s3", "acme-lake", "raw/x")]),
        ("s3://acme-lake", [("s3", "acme-lake", "")]),
        ("S3A://acme-lake/ s3n://other/b", [("s3a", "acme-lake", ""), ("s3n", "other", "b")]),
        ("s3://lib/a.jar,gs://lib/b.jar", [("s3", "lib", "a.jar"), ("gs", "lib", "b.jar")]),
        ("COPY t FROM 's3://acme-lake/raw/a b' IAM_ROLE r;", [("s3", "acme-lake", "raw/a")]),
        ('{"uris": ["s3://acme-lake/x/y"]}', [("s3", "acme-lake", "x/y")]),
        (r"{\"uri\": \"gs://acme-lake/x\"}", [("gs", "acme-lake", "x")]),
        ("Read s3://acme-lake/raw/x. Then gs://other.", [("s3", "acme-lake", "raw/x"), ("gs", "other", "")]),
        ("(s3://acme-lake/x) [s3://acme-lake/y]", [("s3", "acme-lake", "x"), ("s3", "acme-lake", "y")]),
        ("https://s3.amazonaws.com/x xs3://acme/d file:///x", []),
        ("s3://arn:aws:s3:eu-west-1:111111111111:accesspoint/x/y", []),
        ("s3://${bucket}/x s3://acme-${env}-raw/y s3://acme-%s/z s3://{}/z", []),
    ],
)
def test_uris_are_found_in_texts(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [tuple(uri) for uri in find_uris(text)] == found


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("raw/dt=${dt}/x", "raw/dt=*/x"),
        ("raw/dt=!{timestamp:yyyy'-'MM'-'dd}/h", "raw/dt=*/h"),
        ("raw/dt={{ ds }}/{}", "raw/dt=*/*"),
        ('raw/dt={run_time|"%Y-%m-%d"}/', "raw/dt=*/"),
        ("raw/%Y-%m-%d/[0-9]?.csv", "raw/*-*-*/**.csv"),
        ("raw/$(date +%F)/$DAY", "raw/*/*"),
        ("raw/<date>/x", "raw/*/x"),
        ("raw/{a,b}/x", "raw/*/x"),
    ],
)
def test_what_an_engine_fills_in_stands_for_anything(key: str, read: str) -> None:
    assert [uri.key for uri in find_uris(f"s3://acme-lake/{key}")] == [read]
    assert with_placeholders(key) == read


@pytest.mark.parametrize("key", ["raw/${a${b}}/c", "raw/$((x))", "raw/{unclosed", "raw/[a", "raw/<a"])
def test_a_key_that_is_not_understood_goes_on_somehow(key: str) -> None:
    assert [uri.key for uri in find_uris(f"s3://acme-lake/{key}")] == ["raw/*"]


buckets = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True)
keys = st.from_regex(r"([a-z0-9_=-]{1,10}/){0,5}[a-z0-9_=-]{0,10}", fullmatch=True)
schemes = st.sampled_from(["s3", "s3a", "s3n", "gs"])
between = st.sampled_from([" ", "'", '"', "\n", ", ", "', '", '","', "; COPY t FROM '", '\\"', "` `"])


@given(planted=st.lists(st.tuples(schemes, buckets, keys), max_size=8), data=st.data())
def test_what_was_planted_is_found_in_order(planted: list[tuple[str, str, str]], data: st.DataObject) -> None:
    text = data.draw(between)
    for scheme, bucket, key in planted:
        text += f"{scheme}://{bucket}/{key}{data.draw(between)}"
    assert [tuple(uri) for uri in find_uris(text)] == planted


@given(st.text() | st.text(st.sampled_from("s3gs:/{}$!<>[]()%a*. '\"")))
def test_no_text_is_too_strange(text: str) -> None:
    for uri in find_uris(f"{text}s3://{text}gs://acme/{text}"):
        assert uri.scheme in ("s3", "s3a", "s3n", "gs")
        assert uri.bucket


@pytest.mark.parametrize(
    "part", ["s3://abc/{", "s3://abc/{a", "s3://", "s3://abc", "{", "s3://abc/$(", "s3://abc/<", "s3://abc/[a"]
)
def test_megabytes_are_searched_at_once(part: str) -> None:
    """A quadratic search needs hours for them: the runner's own end of a test would name it."""
    assert all(uri.scheme == "s3" for uri in find_uris(part * (4_000_000 // len(part))))
