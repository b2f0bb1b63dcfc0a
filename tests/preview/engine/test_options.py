"""Resource options as the engine takes them: what it inherits, refuses, and shows to transforms.

What is expected was read in Pulumi's ``pkg/resource/deploy`` (``source_eval.go``, ``step_generator.go``): no recording
has it.
"""

from pathlib import Path

import pytest
from pulumi.runtime.proto import alias_pb2, resource_pb2

from dataops_infra.preview.engine.aliases import alias_urns
from dataops_infra.preview.engine.goals import apply_options, goal_of, options_of
from dataops_infra.preview.engine.records import EngineFailure
from tests.support.engine import SILENT_PACK, preview_code, run_engine, write_program
from tests.support.function_calls import job

REGION = "aws:region: eu-west-1"
FORMER = "urn:pulumi:dev::shop::a:b:C::former"
JOB = job(project="shop")
HEADER = "import pulumi\nimport pulumi_aws as aws\n\n"


@pytest.mark.parametrize(
    ("alias", "urn"),
    [
        (alias_pb2.Alias(urn=FORMER), FORMER),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name="n")), "urn:pulumi:dev::shop::x:y:P$a:b:C::n"),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(type="t:t:T")), "urn:pulumi:dev::shop::x:y:P$t:t:T::c"),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(noParent=True)), "urn:pulumi:dev::shop::a:b:C::c"),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(parentUrn="")), "urn:pulumi:dev::shop::x:y:P$a:b:C::c"),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(parentUrn=FORMER)), "urn:pulumi:dev::shop::a:b:C$a:b:C::c"),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(stack="s", project="p")), "urn:pulumi:s::p::x:y:P$a:b:C::c"),
    ],
)
def test_every_form_of_alias_is_a_urn(alias: alias_pb2.Alias, urn: str) -> None:
    parent = "urn:pulumi:dev::shop::x:y:P::p"
    request = resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", parent=parent, aliases=[alias])

    assert alias_urns(goal_of(request), JOB) == [urn]


def test_aliases_of_older_clients_come_first_and_are_shown_to_transforms() -> None:
    newer = alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name="n"))
    goal = goal_of(resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", aliasURNs=[FORMER], aliases=[newer]))

    assert [alias.urn for alias in options_of(goal).aliases] == [FORMER, ""]
    assert alias_urns(goal, JOB) == [FORMER, "urn:pulumi:dev::shop::a:b:C::n"]


@pytest.mark.parametrize(
    ("alias", "problem"),
    [
        (alias_pb2.Alias(urn="former"), r'invalid alias URN: invalid URN "former"; .* Alias\(name='),
        (alias_pb2.Alias(urn=""), "invalid alias URN: missing required URN"),
        (alias_pb2.Alias(urn="urn:pulumi:dev::shop"), "invalid alias URN: invalid URN"),
        (alias_pb2.Alias(spec=alias_pb2.Alias.Spec(parentUrn="x")), "invalid parent alias URN"),
    ],
)
def test_an_alias_that_is_no_urn_is_refused(alias: alias_pb2.Alias, problem: str) -> None:
    goal = goal_of(resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", aliases=[alias]))

    with pytest.raises(EngineFailure, match=problem):
        alias_urns(goal, JOB)


def test_options_without_effect_in_a_preview_still_reach_every_transform() -> None:
    asked = resource_pb2.RegisterResourceRequest(
        type="a:b:C", replaceOnChanges=["x"], pluginChecksums={"linux": b"1"}, hideDiffs=["y"], replace_with=[FORMER]
    )
    asked.replacement_trigger.string_value = "t"
    goal = goal_of(asked)

    first = options_of(goal)
    first.replace_on_changes.append("z")
    apply_options(goal, first)
    second = options_of(goal)

    assert list(second.replace_on_changes) == ["x", "z"]
    assert dict(second.plugin_checksums) == {"linux": b"1"}
    assert (list(second.hide_diff), list(second.replace_with)) == (["y"], [FORMER])
    assert second.replacement_trigger.string_value == "t"


def test_a_client_that_names_no_property_dependencies_means_all_of_them() -> None:
    request = resource_pb2.RegisterResourceRequest(type="a:b:C", dependencies=[FORMER])
    request.object.update({"x": "1", "y": "2"})

    assert goal_of(request).property_dependencies == {"x": {FORMER}, "y": {FORMER}}
    request.remote = True
    assert goal_of(request).property_dependencies == {}


def test_delete_before_replace_counts_without_its_companion() -> None:
    assert goal_of(resource_pb2.RegisterResourceRequest(deleteBeforeReplace=True)).delete_before_replace is True
    assert goal_of(resource_pb2.RegisterResourceRequest()).delete_before_replace is None


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ('aws.s3.Bucket("b", opts=pulumi.ResourceOptions(aliases=["old"]))', 'invalid URN "old"', 4),
        (
            'aws.s3.Bucket("b", opts=pulumi.ResourceOptions(\n    custom_timeouts=pulumi.CustomTimeouts(create="5")))',
            "unable to parse customTimeout Value 5",
            4,
        ),
        (
            'class T(pulumi.CustomResource):\n    def __init__(self): super().__init__("nonsense", "b", {})\n\nT()\n',
            "Type 'nonsense' is not a valid type token",
            7,
        ),
    ],
)
def test_what_the_engine_refuses_names_the_users_line(tmp_path: Path, code: str, message: str, line: int) -> None:
    error = preview_code(tmp_path, HEADER + code, REGION).error

    assert message in error["message"]
    assert error["source"] == {"file": str(tmp_path / "__main__.py"), "line": line}


def test_outputs_are_registered_once(tmp_path: Path) -> None:
    code = 'c = pulumi.ComponentResource("a:b:C", "c")\nc.register_outputs({"a": 1})\nc.register_outputs({"a": 2})\n'
    error = preview_code(tmp_path, HEADER + code).error

    assert "cannot complete a resource 'urn:pulumi:dev::shop::a:b:C::c'" in error["message"]


def test_a_component_may_have_a_type_of_any_form(tmp_path: Path) -> None:
    run = preview_code(tmp_path, 'import pulumi\npulumi.ComponentResource("nonsense", "c")\n')

    assert run.resource("c")["type"] == "nonsense"


@pytest.mark.parametrize("disabled", ['["aws"]', '["*"]', "[' aws ']"])
def test_a_disabled_default_provider_serves_nothing(tmp_path: Path, disabled: str) -> None:
    config = f"{REGION}\npulumi:disable-default-providers: {disabled}"
    error = preview_code(tmp_path, HEADER + 'aws.s3.Bucket("b")\n', config).error

    assert error["message"] == (
        "Default provider for 'aws' disabled. 'urn:pulumi:dev::shop::aws:s3/bucket:Bucket::b'"
        " must use an explicit provider."
    )


@pytest.mark.parametrize("disabled", ['["gcp"]', "[]", '""'])
def test_other_default_providers_go_on_and_so_do_explicit_ones(tmp_path: Path, disabled: str) -> None:
    config = f"{REGION}\npulumi:disable-default-providers: {disabled}"

    assert preview_code(tmp_path / "a", HEADER + 'aws.s3.Bucket("b")\n', config).result["error"] is None
    code = 'p = aws.Provider("p", region="eu-west-1")\naws.s3.Bucket("b", opts=pulumi.ResourceOptions(provider=p))\n'
    config = f'{REGION}\npulumi:disable-default-providers: ["*"]'
    assert preview_code(tmp_path / "b", HEADER + code, config).result["error"] is None


def test_functions_need_an_explicit_provider_too(tmp_path: Path) -> None:
    config = f'{REGION}\npulumi:disable-default-providers: ["aws"]'
    error = preview_code(tmp_path, HEADER + "aws.get_region()\n", config).error

    assert "'aws:index/getRegion:getRegion' must use an explicit provider" in error["message"]


@pytest.mark.parametrize("value", ["aws", '{"a": "b"}', "[1]"])
def test_a_malformed_list_of_disabled_providers_is_an_error(tmp_path: Path, value: str) -> None:
    config = f"{REGION}\npulumi:disable-default-providers: {value}"
    error = preview_code(tmp_path, HEADER + 'aws.s3.Bucket("b")\n', config).error

    assert (error["kind"], error["message"]) == (
        "config",
        "pulumi:disable-default-providers must be a list of package names",
    )


def test_names_without_a_random_part_overrule_the_program(tmp_path: Path) -> None:
    """A transform sees what the program says, packs what the engine decides."""
    config = f"{REGION}\npulumi:autonaming: {{mode: verbatim}}"
    code = 'aws.s3.Bucket("b", opts=pulumi.ResourceOptions(delete_before_replace=False))\n'
    traces = run_engine(
        write_program(tmp_path / "p", HEADER + code, config), [SILENT_PACK], trace_to=tmp_path / "trace"
    ).traces
    (options,) = [
        line["request"]["options"]
        for lines in traces.values()
        for line in lines
        if line["method"] == "Analyze" and line["request"]["name"] == "b"
    ]

    assert options["deleteBeforeReplace"] is True


def test_a_stash_gives_back_what_was_put_in(tmp_path: Path) -> None:
    code = """\
    import pulumi

    kept = pulumi.Stash("s", input={"a": "b"})
    pulumi.export("kept", kept.output)
    """

    assert preview_code(tmp_path, code).result["outputs"] == {"kept": {"a": "b"}}


def test_an_exported_asset_is_hashed_and_a_missing_one_fails(tmp_path: Path) -> None:
    code = 'import pulumi\npulumi.export("a", pulumi.StringAsset("x"))\n'
    exported = preview_code(tmp_path / "a", code).result["outputs"]["a"]["<asset>"]
    assert exported["hash"] == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

    missing = 'import pulumi\npulumi.export("a", pulumi.FileAsset("none.txt"))\n'
    assert preview_code(tmp_path / "b", missing).error["kind"] == "asset"


def test_providers_reach_resources_of_components_in_components(tmp_path: Path) -> None:
    """A transform hands a provider to the outer component: what is deep inside it is served by it."""
    code = """\
    import pulumi
    import pulumi_aws as aws

    east = aws.Provider("east", region="us-east-1")
    seen = []


    def hand(args):
        if args.type_ == "acme:index:Outer":
            opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(providers={"aws": east}))
            return pulumi.ResourceTransformResult(args.props, opts)
        return None


    def look(args):
        seen.append(f"{args.name}: {args.opts.provider is not None}")
        return None


    pulumi.runtime.register_resource_transform(hand)
    outer = pulumi.ComponentResource("acme:index:Outer", "outer")
    inner = pulumi.ComponentResource("acme:index:Inner", "inner", opts=pulumi.ResourceOptions(parent=outer))
    topic = aws.sns.Topic("t", opts=pulumi.ResourceOptions(parent=inner, transforms=[look]))
    pulumi.export("seen", topic.urn.apply(lambda _: seen))
    """
    run = preview_code(tmp_path, code, REGION)

    assert run.resource("t")["provider"].endswith("aws::east")
    assert run.result["outputs"]["seen"] == ["t: True"]


def test_a_transform_that_fails_says_the_same_in_every_run(tmp_path: Path) -> None:
    code = """\
    import pulumi
    import pulumi_aws as aws


    def refuse(args):
        raise ValueError("not this region")


    pulumi.runtime.register_invoke_transform(refuse)
    aws.get_region()
    """
    first, second = (preview_code(tmp_path, code, REGION).error["message"] for _ in range(2))

    assert first.startswith("a transform failed: not this region")
    assert first == second


def test_a_transform_that_drops_an_input_drops_what_it_depends_on(tmp_path: Path) -> None:
    code = """\
    import pulumi
    import pulumi_aws as aws

    lake = aws.s3.Bucket("lake")


    def drop(args):
        return pulumi.ResourceTransformResult({"name": args.props["name"]}, args.opts)


    topic = dict(name=lake.bucket, display_name=lake.arn)
    aws.sns.Topic("t", **topic, opts=pulumi.ResourceOptions(transforms=[drop]))
    """
    run = preview_code(tmp_path, code, REGION)

    assert run.resource("t")["propertyDependencies"] == {"name": [run.resource("lake")["urn"]]}
    assert run.resource("t")["dependencies"] == [run.resource("lake")["urn"]]
