"""Where URIs stand: the tables agree with the SDKs, every planted URI is found, and what is filled in is understood."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.policy import UNKNOWN, Properties, Resource
from dataops_infra.policy.settings import built_in
from dataops_infra.policy.values import ReadLog
from policies.data_lake.data_lake_rules.locations import (
    FILLED,
    SPLITS,
    URIS,
    Split,
    reads_or_writes,
    split_places,
    uri_places,
)
from tests.support.sdk_paths import has_path, source_of

FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
JOB = "aws:glue/job:Job"


def resource(type_: str, properties: Any, **more: Any) -> Resource:
    log = ReadLog()
    return Resource(
        type=type_,
        name="it",
        urn=f"urn:pulumi:dev::test::{type_}::it",
        props=Properties(properties, log),
        provider=None,
        settings=built_in(),
        **more,
    )


def is_free(urn: str) -> bool:
    return urn == "urn:free"


def paths_of(split: Split) -> list[str]:
    return [f"{split.holder}.{name}".removeprefix(".") for name in (split.bucket, split.key) if name]


@pytest.mark.parametrize("type_", [*URIS, *SPLITS])
def test_every_path_of_the_tables_is_in_the_sdk(type_: str) -> None:
    assert source_of(type_) is not None
    named = [*URIS.get(type_, ()), *(path for split in SPLITS.get(type_, ()) for path in paths_of(split))]
    assert [path for path in named if not has_path(type_, path)] == []


def test_a_service_fills_places_that_are_waited_for() -> None:
    assert [(type_, path) for type_, path in FILLED if path.partition(".--")[0] not in URIS[type_]] == []


@pytest.mark.parametrize("type_", [*URIS, *SPLITS])
def test_every_type_of_the_tables_is_looked_at(type_: str) -> None:
    assert reads_or_writes(type_)


@pytest.mark.parametrize("type_", ["aws:s3/bucket:Bucket", "aws:iam/role:Role", "gcp:storage/bucket:Bucket", "x:y:Z"])
def test_other_types_are_not(type_: str) -> None:
    assert not reads_or_writes(type_)


SPLIT_TYPES = sorted(SPLITS)


@pytest.mark.parametrize("type_", SPLIT_TYPES)
def test_every_split_is_read(type_: str) -> None:
    for split in SPLITS[type_]:
        inner: Any = {split.bucket: "arn:aws:s3:::acme-lake"} | ({split.key: "a/b"} if split.key else {})
        for step in filter(None, reversed(split.holder.split("."))):
            name = step.removesuffix("[]")
            inner = {name: [inner] if name != step else inner}
        found = list(split_places(resource(type_, inner), frozenset()))
        assert {place.bucket for place in found} == {"acme-lake"}
        expected = f"{split.holder}.{split.key or split.bucket}".replace("[]", "[0]").removeprefix(".")
        assert expected in {place.path for place in found}


@pytest.mark.parametrize(
    ("prefix", "read"),
    [
        (None, "2026/11/22/13/"),
        ("a/", "a/2026/11/22/13/"),
        ("a/!{partitionKeyFromQuery:day}/", "a/*/2026/11/22/13/"),
        ("a/dt=!{timestamp:yyyy-MM-dd}/", "a/dt=2026-11-22/"),
        ("a/dt=!{timestamp:yyyy'-'MM'-'dd}/h=!{timestamp:HH}/", "a/dt=2026-11-22/h=13/"),
        ("a/!{timestamp:yyyy/MM/dd}/!{firehose:random-string}/", "a/2026/11/22/*/"),
        ("!{timestamp:yy}/!{timestamp:MMM}/!{timestamp:EEE}/!{timestamp:'day' d}", "26/*/*/day 22"),
    ],
)
def test_the_prefix_of_a_delivery_stream_is_what_firehose_makes_of_it(prefix: str | None, read: str) -> None:
    configuration = {"bucketArn": "arn:aws:s3:::acme-lake"} | ({} if prefix is None else {"prefix": prefix})
    places = split_places(resource(FIREHOSE, {"extendedS3Configuration": configuration}), frozenset())
    found = next(place for place in places if place.path == "extendedS3Configuration.prefix").prefix()
    assert found is not None
    assert found.text == read
    assert bool(found.note) == ("timestamp:" not in (prefix or ""))


BUCKET_URN = "urn:pulumi:dev::test::aws:s3/bucket:Bucket::store"
OTHER_URN = "urn:pulumi:dev::test::aws:s3/bucket:Bucket::other"


@pytest.mark.parametrize(
    ("made_from", "buckets", "noted"),
    [
        ((BUCKET_URN, "urn:role"), [BUCKET_URN], ()),
        ((BUCKET_URN, OTHER_URN), [], ("extendedS3Configuration.bucketArn",)),
        ((), [], ("extendedS3Configuration.bucketArn",)),
    ],
)
def test_a_bucket_that_is_unknown_is_told_by_what_it_was_made_from(
    made_from: tuple[str, ...], buckets: list[str], noted: tuple[str, ...]
) -> None:
    properties = {"extendedS3Configuration": {"bucketArn": UNKNOWN, "prefix": "a/"}}
    stream = resource(FIREHOSE, properties, property_dependencies={"extendedS3Configuration": made_from})
    found = list(split_places(stream, frozenset({BUCKET_URN, OTHER_URN})))
    assert sorted({place.bucket for place in found}) == buckets
    assert stream.props.log.paths == noted


def test_a_bucket_that_is_not_named_is_no_place() -> None:
    assert list(split_places(resource(FIREHOSE, {"extendedS3Configuration": {"prefix": "a"}}), frozenset())) == []


def test_only_inputs_are_searched() -> None:
    properties = {"command": "s3://acme-lake/a", "output": "s3://acme-lake/b"}
    job = resource(JOB, properties, inputs=frozenset({"command"}))
    assert [place.path for place in uri_places(job, is_free)] == ["command"]


def test_an_unknown_is_waited_for_where_a_uri_is_expected() -> None:
    job = resource(
        JOB, {"roleArn": UNKNOWN, "command": {"scriptLocation": UNKNOWN}, "defaultArguments": {"--a": UNKNOWN}}
    )
    assert list(uri_places(job, is_free)) == []
    assert job.props.log.paths == ("command.scriptLocation", "defaultArguments.--a")


@pytest.mark.parametrize(
    ("made_from", "noted"),
    [(("urn:free",), ()), (("urn:free", "urn:other"), ("command.scriptLocation",)), ((), ("command.scriptLocation",))],
)
def test_what_was_made_from_buckets_without_layout_alone_is_not_waited_for(
    made_from: tuple[str, ...], noted: tuple[str, ...]
) -> None:
    properties = {"command": {"scriptLocation": UNKNOWN}}
    job = resource(JOB, properties, property_dependencies={"command": made_from})
    assert list(uri_places(job, is_free)) == []
    assert job.props.log.paths == noted


names = st.from_regex("[a-z]{1,8}", fullmatch=True)
uris = st.builds("{}://{}/{}".format, st.sampled_from(["s3", "s3a", "gs"]), names.map("acme-{}".format), names)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.just(UNKNOWN) | uris
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)


def planted(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if re.fullmatch(r"(s3|s3a|gs)://acme-[a-z]+/[a-z]+", value) else []
    if isinstance(value, dict):
        return [uri for item in value.values() for uri in planted(item)]
    return [uri for item in value for uri in planted(item)] if isinstance(value, list) else []


@given(st.dictionaries(names, values, max_size=4), st.sampled_from([JOB, FIREHOSE, "aws:lambda/function:Function"]))
def test_every_planted_uri_is_found_and_nothing_raises(properties: dict[str, Any], type_: str) -> None:
    it = resource(type_, properties)
    found = list(uri_places(it, is_free))
    assert sorted(place.bucket for place in found) == sorted(uri.split("/")[2] for uri in planted(properties))
    assert {(place.prefix() or ("", ""))[0] for place in found} == {uri.split("/")[3] for uri in planted(properties)}
    list(split_places(it, frozenset()))


def test_deep_properties_are_no_recursion() -> None:
    value: Any = "s3://acme-lake/x"
    for _ in range(5000):
        value = {"in": [value]}
    assert [place.bucket for place in uri_places(resource(JOB, {"deep": value}), is_free)] == ["acme-lake"]
