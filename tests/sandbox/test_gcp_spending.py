"""Money and quotas of a GCP sandbox, as Google's APIs have them."""

from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.sandbox.gcp_spending import QUERY_METRIC, Quota, QuotaOf, dollars, quota_kind


@pytest.mark.parametrize(
    ("amount", "money"),
    [
        (200, {"units": "200"}),
        (200.0, {"units": "200"}),
        (1.05, {"units": "1", "nanos": 50_000_000}),
        (99.999999999, {"units": "99", "nanos": 999_999_999}),
        (99.9999999999, {"units": "100"}),
        (1e9, {"units": "1000000000"}),
    ],
)
def test_money_is_units_and_billionths(amount: float, money: dict[str, object]) -> None:
    assert dollars(amount) == {"currency_code": "USD", **money}


@given(st.decimals(1, 10**9, places=2))
def test_money_to_the_cent_is_exact(amount: Decimal) -> None:
    money = dollars(float(amount))
    assert Decimal(money["units"]) + Decimal(money.get("nanos", 0)) / 10**9 == amount


def test_a_quota_is_named_as_the_api_names_it_within_a_url() -> None:
    # gcloud services quota list --service=bigquery.googleapis.com: units 1/d/{project}/{user} and 1/d/{project}
    assert unquote(QUERY_METRIC) == "bigquery.googleapis.com/quota/query/usage"
    assert "/" not in QUERY_METRIC
    assert {of: unquote(of.value) for of in QuotaOf} == {
        QuotaOf.USER: "/d/project/user",
        QuotaOf.PROJECT: "/d/project",
    }


def test_a_quota_counts_mebibytes() -> None:
    assert Quota(QuotaOf.USER, 1024).arguments["override_value"] == str(2**40 // 2**20)  # 1 TiB


@pytest.mark.parametrize(
    ("limit", "kind"),
    [("%2Fd%2Fproject%2Fuser", QuotaOf.USER), ("%2Fd%2Fproject", QuotaOf.PROJECT), ("%2Fmin%2Fproject", None)],
)
def test_a_quota_is_known_by_its_id(limit: str, kind: QuotaOf | None) -> None:
    metrics = "projects/p/services/bigquery.googleapis.com/consumerQuotaMetrics"
    known = f"{metrics}/{QUERY_METRIC}/limits/{limit}/consumerOverrides/x"
    assert quota_kind(known, "p") is kind
    assert quota_kind(known, "q") is None
    assert quota_kind(known.replace("query%2Fusage", "other"), "p") is None
