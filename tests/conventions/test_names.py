"""Names, ARNs, resource names and URIs, each against what the provider documents."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataops_infra.conventions import Conventions, name_limits, names
from dataops_infra.conventions.name_limits import ALL_LIMITS, NameLimits
from dataops_infra.errors import InvalidInputError

ACME = Conventions(organisation="acme")
ACCOUNT = "111111111111"
DEV = "projects/acme-dev"
WRITER = "writer@acme-dev.iam.gserviceaccount.com"

words = st.from_regex(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True)
named_services = [
    limits
    for limits in ALL_LIMITS
    if limits.service.split()[1] not in ("AWS", "GCP") or limits is name_limits.GCP_SERVICE_ACCOUNT
]


def bucket(**words: str) -> str:
    return names.physical_name(
        name_limits.S3_BUCKET, ACME, **{"name": "lake", "environment": "dev", "domain": "growth", **words}
    )


# --- physical names ----------------------------------------------------------------------------------------------


def test_a_name_follows_the_pattern() -> None:
    assert bucket() == "acme-dev-growth-lake"
    assert bucket(name="lake-raw") == "acme-dev-growth-lake-raw"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{name}", "lake"),
        ("{name}-{environment}", "lake-dev"),
        ("{organisation}-{region}-{account}-{name}-x", "acme-eu-west-1-111111111111-lake-x"),
    ],
)
def test_the_organisation_chooses_the_pattern(pattern: str, expected: str) -> None:
    conventions = Conventions.model_validate({"organisation": "acme", "naming": {"pattern": pattern}})
    given = {"name": "lake", "environment": "dev", "domain": "growth", "region": "eu-west-1", "account": ACCOUNT}
    assert names.physical_name(name_limits.S3_BUCKET, conventions, **given) == expected


def test_a_word_that_the_pattern_asks_for_must_be_given() -> None:
    conventions = Conventions.model_validate({"naming": {"pattern": "{account}-{name}"}})
    with pytest.raises(InvalidInputError, match=r"^account: expected a value, for naming\.pattern"):
        names.physical_name(name_limits.S3_BUCKET, conventions, name="x", environment="dev", domain="growth")


def test_services_without_hyphens_get_underscores() -> None:
    dataset = names.physical_name(
        name_limits.BIGQUERY_DATASET, ACME, name="daily-kpi", environment="dev", domain="growth"
    )
    assert dataset == "acme_dev_growth_daily_kpi"


def test_a_long_name_keeps_its_beginning_and_gets_a_stable_suffix() -> None:
    long = bucket(name="a" * 60)
    assert long == "acme-dev-growth-" + "a" * 38 + "-105dceb0"
    assert len(long) == 63


def test_a_name_hangs_on_its_own_words_alone() -> None:
    """A domain or an environment that is declared later must not rename a bucket."""
    more = Conventions.model_validate(
        {"organisation": "acme", "domains": {"growth": {}, "growth-eu": {}}, "environments": {"dev": {}, "dev-x": {}}}
    )
    for domain in ("growth", "growth-eu"):
        given = {"name": "lake", "environment": "dev", "domain": domain}
        assert names.physical_name(name_limits.S3_BUCKET, more, **given) == bucket(domain=domain)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"domain": "growth-eu", "name": "raw"}, {"domain": "growth", "name": "eu-raw"}),
        ({"environment": "dev-a", "domain": "b"}, {"environment": "dev", "domain": "a-b"}),
        ({"name": "a" * 60}, {"name": "a" * 61}),
        ({"environment": "dev", "domain": "growth"}, {"environment": "growth", "domain": "dev"}),
    ],
)
def test_words_that_would_read_the_same_stay_apart(one: dict[str, str], other: dict[str, str]) -> None:
    assert bucket(**one) != bucket(**other)


def test_regions_need_no_suffix_unless_one_could_begin_like_another() -> None:
    conventions = Conventions.model_validate({"naming": {"pattern": "{region}-{name}"}})

    def made(region: str, name: str) -> str:
        given = {"name": name, "environment": "dev", "domain": "growth", "region": region}
        return names.physical_name(name_limits.GCS_BUCKET, conventions, **given)

    assert made("eu-west-1", "lake") == "eu-west-1-lake"
    assert made("us-east1", "a") == "us-east1-a"
    assert made("us", "east1-a") != "us-east1-a"


def test_a_name_that_already_looks_shortened_cannot_pose_as_another() -> None:
    long = "a" * 60
    posing = bucket(name=long).removeprefix("acme-dev-growth-")
    assert bucket(name=posing) != bucket(name=long)


@pytest.mark.parametrize("word", ["", "Lake", "my_lake", "a b", "-a", "a-", "lake/raw", "ä", "a\n"])
def test_words_hold_lowercase_letters_digits_and_inner_hyphens_only(word: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        bucket(name=word)
    assert caught.value.expected == "lowercase letters, digits and hyphens between them"


def test_all_wrong_words_come_in_one_error() -> None:
    with pytest.raises(InvalidInputError) as caught:
        bucket(name="A", domain="B")
    assert caught.value.input == "domain, name"


def test_what_the_service_refuses_is_refused_here() -> None:
    google = Conventions.model_validate({"organisation": "google"})
    with pytest.raises(InvalidInputError, match=r"a name without '\^goog' for a GCS bucket"):
        names.physical_name(name_limits.GCS_BUCKET, google, name="a", environment="dev", domain="b")


Words = tuple[str, str, str]


@given(st.lists(st.tuples(words, words, words), min_size=2, max_size=40, unique=True), st.sampled_from(named_services))
def test_distinct_words_never_share_a_name_and_every_name_is_legal(given: list[Words], service: NameLimits) -> None:
    made = {}
    for environment, domain, name in given:
        try:
            made[(environment, domain, name)] = names.physical_name(
                service, ACME, name=name, environment=environment, domain=domain
            )
        except InvalidInputError as error:
            assert "a name without" in error.expected  # noqa: PT017 - a reserved word such as goog, never a length
    assert len(set(made.values())) == len(made)
    assert [service.problem(name) for name in made.values()] == [None] * len(made)


@given(st.sets(st.text("ab-", min_size=1, max_size=12), min_size=2), st.integers(12, 20))
def test_shortening_keeps_distinct_texts_distinct(texts: set[str], room: int) -> None:
    service = NameLimits("a test", 1, room, ".*", "anything", "none")
    assert len({names.shorten(text * 3, service) for text in texts}) == len({text * 3 for text in texts})


# --- limits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "legal", "illegal"),
    [
        (name_limits.S3_BUCKET, ["abc", "a" * 63, "a--b"], ["ab", "a" * 64, "-abc", "abc-", "ABC", "a_b", "a.b.c"]),
        (name_limits.S3_BUCKET, [], ["xn--a", "sthree-a", "amzn-s3-demo-a", "a-s3alias", "a--ol-s3", "a--x-s3"]),
        (name_limits.GCS_BUCKET, ["abc"], ["googbucket", "my-google-data", "g00gle", "a" * 64]),
        (name_limits.BIGQUERY_DATASET, ["a", "A_1"], ["a-b", "", "a.b"]),
        (name_limits.GCP_SERVICE_ACCOUNT, ["writer", "a" * 30], ["short", "a" * 31, "1writer", "writer-"]),
        (name_limits.REDSHIFT_IDENTIFIER, ["cluster-1"], ["a--b", "1a", "a" * 64, "a-"]),
        (name_limits.IAM_ROLE, ["A" * 64, "a+=,.@-_"], ["a" * 65, "", "a/b"]),
        (name_limits.KMS_ALIAS, ["acme/lake"], ["aws/s3", "a b"]),
        (name_limits.AWS_TAG_VALUE, ["", "ü a", "x" * 256], ["x" * 257, "a;b"]),
        (name_limits.AWS_TAG_KEY, ["Name"], ["", "aws:x", "AWS:x"]),
        (name_limits.GCP_LABEL_VALUE, ["", "a-1_b"], ["A", "a.b", "x" * 64]),
        (name_limits.GCP_LABEL_KEY, ["a"], ["1a", "", "A"]),
        (name_limits.PUBSUB_TOPIC, ["a.b~c"], ["ab", "goog-x", "1ab"]),
        (name_limits.GCP_JOB, ["a-1", "a" * 49], ["1a", "a-", "A", "a" * 50]),
        (name_limits.DATAPROC_CLUSTER, ["ab", "a" * 51], ["a", "a" * 52]),
        (name_limits.GLUE_JOB, ["a", "A_b-1", "a" * 255], ["", "a.b", "a/b", "a" * 256]),
        (name_limits.EMR_SERVERLESS, ["a", "a#1", "a" * 64], ["", "a b", "a" * 65]),
        (name_limits.EVENT_RULE, ["a", "a.b_c-1", "a" * 64], ["", "a/b", "a" * 65]),
        (name_limits.STATE_MACHINE, ["a", "A_b-1", "a" * 80], ["", "a.b", "a b", "a" * 81]),
        (name_limits.SECURITY_GROUP, ["a b (c)", "a" * 255], ["", "sg-1", "a|b", "a" * 256]),
    ],
)  # fmt: skip
def test_each_service_accepts_what_it_documents(service: NameLimits, legal: list[str], illegal: list[str]) -> None:
    assert [name for name in legal if service.problem(name)] == []
    assert [name for name in illegal if service.problem(name) is None] == []


def test_every_limit_cites_the_provider_and_fits_itself() -> None:
    for service in ALL_LIMITS:
        assert re.match(r"https://(docs\.aws\.amazon\.com|cloud\.google\.com)/", service.source), service
        assert 0 <= service.minimum < service.maximum
        assert service.separator in ("-", "_")


# --- AWS ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_the_region_decides_the_partition(region: str, partition: str) -> None:
    assert names.partition_of(region) == partition
    assert names.s3_bucket_arn("acme-lake", region) == f"arn:{partition}:s3:::acme-lake"


EU = "eu-west-1"


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (names.s3_objects_arn("acme-lake", EU), "arn:aws:s3:::acme-lake/*"),
        (names.s3_objects_arn("acme-lake", EU, "/raw/*"), "arn:aws:s3:::acme-lake/raw/*"),
        (names.s3_uri("acme-lake"), "s3://acme-lake/"),
        (names.s3_uri("acme-lake", "/raw/x"), "s3://acme-lake/raw/x"),
        (names.iam_role_arn(ACCOUNT, "writer", EU), "arn:aws:iam::111111111111:role/writer"),
        (names.iam_role_arn(ACCOUNT, "writer", EU, "/data/eu/"), "arn:aws:iam::111111111111:role/data/eu/writer"),
        (names.iam_policy_arn(ACCOUNT, "writer", "cn-north-1"), "arn:aws-cn:iam::111111111111:policy/writer"),
        (names.iam_policy_arn("aws", "ReadOnlyAccess", EU), "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        (names.iam_root_arn(ACCOUNT, EU), "arn:aws:iam::111111111111:root"),
        (names.oidc_provider_arn(ACCOUNT, "https://git.io/", EU), "arn:aws:iam::111111111111:oidc-provider/git.io"),
        (names.assumed_role_arn(ACCOUNT, "writer", "*", EU), "arn:aws:sts::111111111111:assumed-role/writer/*"),
        (names.kms_key_arn(ACCOUNT, EU, "1234-ab"), "arn:aws:kms:eu-west-1:111111111111:key/1234-ab"),
        (names.kms_alias_arn(ACCOUNT, EU, "alias/acme-lake"), "arn:aws:kms:eu-west-1:111111111111:alias/acme-lake"),
        (names.kms_alias_arn(ACCOUNT, EU, "acme-lake"), "arn:aws:kms:eu-west-1:111111111111:alias/acme-lake"),
        (names.glue_catalog_arn(ACCOUNT, EU), "arn:aws:glue:eu-west-1:111111111111:catalog"),
        (names.glue_database_arn(ACCOUNT, EU, "growth_raw"), "arn:aws:glue:eu-west-1:111111111111:database/growth_raw"),
        (names.glue_table_arn(ACCOUNT, EU, "growth_raw"), "arn:aws:glue:eu-west-1:111111111111:table/growth_raw/*"),
        (names.glue_job_arn(ACCOUNT, EU, "mask"), "arn:aws:glue:eu-west-1:111111111111:job/mask"),
        (names.glue_connection_arn(ACCOUNT, EU, "vpc"), "arn:aws:glue:eu-west-1:111111111111:connection/vpc"),
        (names.event_rule_arn(ACCOUNT, EU, "failed"), "arn:aws:events:eu-west-1:111111111111:rule/failed"),
        (names.state_machine_arn(ACCOUNT, EU, "m"), "arn:aws:states:eu-west-1:111111111111:stateMachine:m"),
        (names.ssm_parameter_arn(ACCOUNT, EU, "/a/b"), "arn:aws:ssm:eu-west-1:111111111111:parameter/a/b"),
        (names.schedule_group_arn(ACCOUNT, EU, "g"), "arn:aws:scheduler:eu-west-1:111111111111:schedule-group/g"),
        (names.alarm_arn(ACCOUNT, EU, "missed"), "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:missed"),
        (names.ec2_arn(ACCOUNT, EU, "subnet", "subnet-1"), "arn:aws:ec2:eu-west-1:111111111111:subnet/subnet-1"),
        (names.ec2_arn(ACCOUNT, EU, "vpc"), "arn:aws:ec2:eu-west-1:111111111111:vpc/*"),
        (names.athena_workgroup_arn(ACCOUNT, EU, "growth"), "arn:aws:athena:eu-west-1:111111111111:workgroup/growth"),
        (names.sns_topic_arn(ACCOUNT, EU, "drift"), "arn:aws:sns:eu-west-1:111111111111:drift"),
        (names.sqs_queue_arn(ACCOUNT, EU, "drift"), "arn:aws:sqs:eu-west-1:111111111111:drift"),
        (names.lambda_function_arn(ACCOUNT, EU, "drift"), "arn:aws:lambda:eu-west-1:111111111111:function:drift"),
        (names.log_group_arn(ACCOUNT, EU, "/acme"), "arn:aws:logs:eu-west-1:111111111111:log-group:/acme:*"),
    ],
)  # fmt: skip
def test_arns_and_uris_are_built_as_aws_documents_them(built: str, expected: str) -> None:
    assert built == expected


def test_an_arn_refuses_all_its_wrong_parts_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        names.arn("iam", "role/", region="europe", account="None")
    assert caught.value.input == "account, region, resource"


def test_a_name_that_the_service_does_not_know_builds_no_arn() -> None:
    with pytest.raises(InvalidInputError, match=r"^bucket: expected lowercase letters.*, got 'None/'"):
        names.s3_bucket_arn("None/", EU)
    with pytest.raises(InvalidInputError, match=r"^path: expected a path such as /data/"):
        names.iam_role_arn(ACCOUNT, "writer", EU, "data")


# --- GCP ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (names.gcs_uri("acme-lake", "/raw/"), "gs://acme-lake/raw/"),
        (names.gcs_bucket_resource("acme-lake"), "projects/_/buckets/acme-lake"),
        (names.service_account_email("writer", "acme-data-dev"), "writer@acme-data-dev.iam.gserviceaccount.com"),
        (names.service_account_email("writer", "acme.com:data"), "writer@data.acme.com.iam.gserviceaccount.com"),
        (names.service_account_member("writer", "acme-dev"), f"serviceAccount:{WRITER}"),
        (names.service_account_resource("writer", "acme-dev"), f"{DEV}/serviceAccounts/{WRITER}"),
        (names.key_ring_resource("acme-dev", "eu", "lake"), f"{DEV}/locations/eu/keyRings/lake"),
        (names.crypto_key_resource("acme-dev", "eu", "a", "b"), f"{DEV}/locations/eu/keyRings/a/cryptoKeys/b"),
        (names.bigquery_dataset_resource("acme-dev", "growth_raw"), "projects/acme-dev/datasets/growth_raw"),
        (names.bigquery_table_resource("acme-dev", "growth_raw", "t"), f"{DEV}/datasets/growth_raw/tables/t"),
        (names.pubsub_topic_resource("acme-dev", "drift"), "projects/acme-dev/topics/drift"),
    ],
)  # fmt: skip
def test_resource_names_are_built_as_gcp_documents_them(built: str, expected: str) -> None:
    assert built == expected


def test_a_service_account_that_is_too_short_has_no_email() -> None:
    with pytest.raises(InvalidInputError, match=r"^account_id: expected 6 to 30 characters for a GCP service account"):
        names.service_account_email("etl", "acme-dev")


# --- labels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("growth-data", "growth-data"),
        ("", ""),
        ("Growth Data", "growth-data-bd742022"),
        ("a@b.c", "a-b-c-d648b243"),
        ("x" * 64, "x" * 54 + "-7ce10097"),
        ("a-deadbeef", "a-deadbeef-0056006c"),
    ],
)
def test_a_label_value_is_the_text_or_a_legal_stand_in(text: str, label: str) -> None:
    assert names.label_value(text) == label


@given(st.text(max_size=100), st.text(max_size=100))
def test_distinct_texts_have_distinct_labels(one: str, other: str) -> None:
    assume(one != other)
    assert names.label_value(one) != names.label_value(other)
    assert name_limits.GCP_LABEL_VALUE.problem(names.label_value(one)) is None
