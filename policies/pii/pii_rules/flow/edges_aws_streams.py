"""What carries data on by itself on AWS: streams, deliveries, notifications, events, jobs."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dataops_infra.policy import Resource, Unknown

from .edges import ITSELF, EdgeKind, at, blocks, link, spots, text_at
from .graph import Copied, Edge, Node
from .kinds import (
    DYNAMODB_TABLE,
    EVENT_BUS,
    EVENT_RULE,
    FIREHOSE,
    FUNCTION,
    KINESIS_STREAM,
    QUEUE,
    S3_BUCKET,
    TOPIC,
)
from .places import Atlas, flow

_NOTIFICATION: Final = "aws:s3/bucketNotification:BucketNotification"
_FIREHOSE: Final = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"

DELIVERED: Final = (
    "extendedS3Configuration",
    "extendedS3Configuration.s3BackupConfiguration",
    *(
        f"{name}Configuration.s3Configuration"
        for name in (
            "redshift",
            "elasticsearch",
            "opensearch",
            "opensearchserverless",
            "httpEndpoint",
            "iceberg",
            "snowflake",
            "splunk",
        )
    ),
    "redshiftConfiguration.s3BackupConfiguration",
)
"""Blocks of a delivery stream that name a bucket."""
ENDPOINTS: Final = (
    "httpEndpointConfiguration.url",
    "snowflakeConfiguration.accountUrl",
    "splunkConfiguration.hecEndpoint",
)


def hosts_at(atlas: Atlas, resource: Resource, path: str) -> Iterator[Node]:
    """The endpoints on the internet that a property names."""
    for holder, key in spots(resource, path):
        value = holder.peek(key)
        if isinstance(value, Unknown):
            yield atlas.waiting(holder, key, resource)
        elif isinstance(value, str) and value:
            yield atlas.host(value)


def delivered_outside(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Deliveries to services on the internet."""
    for path in ENDPOINTS:
        yield from flow(resource, (resource.urn,), hosts_at(atlas, resource, path), "delivered to")


def subscribed(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A subscription of a topic; people who get a mail or a message are no environment."""
    protocol = text_at(resource.props, "protocol")
    if protocol in _TO_PEOPLE:
        return
    if protocol in _OVER_HTTP:
        targets = tuple(hosts_at(atlas, resource, "endpoint"))
    else:
        targets = atlas.ends(resource, resource.props, "endpoint")
    yield from flow(resource, atlas.ends(resource, resource.props, "topic", TOPIC), targets, "delivered to")


_TO_PEOPLE: Final = frozenset({"email", "email-json", "sms"})
_OVER_HTTP: Final = frozenset({"http", "https"})


def events_of_buckets(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """The buckets whose events a rule picks: those in its pattern, every one where it names none."""
    holder = resource.props
    value = holder.peek("eventPattern")
    if isinstance(value, Unknown):
        waiting = (atlas.waiting(holder, "eventPattern", resource),)
        yield from flow(resource, (atlas.gathered(S3_BUCKET, "*"),), waiting, "tells of events to")
        return
    pattern = _decoded(value)
    services = pattern.get("source")
    if not isinstance(services, list) or "aws.s3" not in services:
        return
    detail = pattern.get("detail")
    bucket = detail.get("bucket") if isinstance(detail, Mapping) else None
    names = bucket.get("name") if isinstance(bucket, Mapping) else None
    globs = [name if isinstance(name, str) else "*" for name in names] if isinstance(names, list) else ["*"]
    sources = [atlas.gathered(S3_BUCKET, glob) for glob in globs]
    yield from flow(resource, sources, (resource.urn,), "tells of events to")


def _decoded(value: Any) -> Mapping[str, Any]:
    try:
        pattern = json.loads(value or "")
    except (TypeError, ValueError, RecursionError):
        return {}
    return pattern if isinstance(pattern, Mapping) else {}


_URI: Final = re.compile(r"s3[an]?://[^/]+")
_NEITHER: Final = re.compile(r"script|extra|jar|spark-event-logs|additional-python|config|class", re.IGNORECASE)
_TARGET: Final = re.compile(
    r"target|output|dest|sink|export|publish|tempdir|result|write|(^|[-_])(out|to)([-_]|$)", re.IGNORECASE
)
_SOURCE: Final = re.compile(r"source|input|lookup|refer|origin|read|(^|[-_])(src|in|from)([-_]|$)", re.IGNORECASE)
_NO_PLACE: Final = re.compile(r"(arn|role|key|topic|connection|database|table|secret|region)$", re.IGNORECASE)
"""Names of what an argument that is not known yet cannot be: a place for objects."""


def glue_job(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A job whose arguments name buckets, by what they are called: ``--input_path`` is read, ``--output_path`` is
    written; what is called neither, such as ``--warehouse``, may be both."""
    for path in ("defaultArguments", "nonOverridableArguments"):
        for arguments in blocks(resource, path):
            for key in arguments:
                if not _names_bucket(key, arguments.peek(key)):
                    continue
                buckets = atlas.ends(resource, arguments, key, S3_BUCKET)
                is_target, is_source = bool(_TARGET.search(key)), bool(_SOURCE.search(key))
                if is_target or not is_source:
                    yield from flow(resource, (resource.urn,), buckets, "written to")
                if is_source or not is_target:
                    yield from flow(resource, buckets, (resource.urn,), "processed by")


def _names_bucket(argument: str, value: Any) -> bool:
    """Whether an argument of a job names a bucket in which data lies: by its URI, or by its name in ``--x_bucket``."""
    if _NEITHER.search(argument):
        return False
    if isinstance(value, Unknown):
        return not _NO_PLACE.search(argument)
    return isinstance(value, str) and bool(_URI.match(value) or ("bucket" in argument.lower() and value))


AWS_STREAMS: Final = (
    *(
        link(
            _NOTIFICATION, at("bucket", S3_BUCKET), "notified to", at(path, kind), name=f"notification of a {kind.word}"
        )
        for path, kind in (
            ("lambdaFunctions[].lambdaFunctionArn", FUNCTION),
            ("queues[].queueArn", QUEUE),
            ("topics[].topicArn", TOPIC),
        )
    ),
    link(_FIREHOSE, at("kinesisSourceConfiguration.kinesisStreamArn", KINESIS_STREAM), "collected by", ITSELF),
    *(
        link(_FIREHOSE, ITSELF, "delivered to", at(f"{block}.bucketArn", S3_BUCKET), name=f"delivery by {block}")
        for block in DELIVERED
    ),
    EdgeKind("delivery outside", FIREHOSE.types, delivered_outside),
    link(
        "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination",
        at("tableName", DYNAMODB_TABLE),
        "streamed to",
        at("streamArn", KINESIS_STREAM),
        copy=Copied.BY_TARGET,
    ),
    link(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        at("eventSourceArn"),
        "consumed by",
        at("functionName", FUNCTION),
    ),
    link("aws:pipes/pipe:Pipe", at("source"), "piped to", at("target")),
    EdgeKind("topic subscription", frozenset({"aws:sns/topicSubscription:TopicSubscription"}), subscribed),
    EdgeKind("event rule", EVENT_RULE.types, events_of_buckets),
    link("aws:cloudwatch/eventRule:EventRule", at("eventBusName", EVENT_BUS), "picked by", ITSELF),
    link("aws:cloudwatch/eventTarget:EventTarget", at("rule", EVENT_RULE), "sent to", at("arn")),
    EdgeKind("Glue job", frozenset({"aws:glue/job:Job"}), glue_job),
)
