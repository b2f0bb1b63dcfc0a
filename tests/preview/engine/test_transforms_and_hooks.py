"""Transforms and hooks of real programs: what they see, what they change, what happens when they fail."""

from pathlib import Path

import pytest

from tests.support.engine import preview_code

REGION = "aws:region: eu-west-1"


def test_a_transform_sees_outputs_and_keeps_what_inputs_depend_on(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        seen = []


        def look(args):
            seen.extend(sorted(f"{name}:{type(value).__name__}" for name, value in args.props.items()))
            tags = pulumi.Output.from_input(args.props["tags"]).apply(lambda own: {**own, "added": "yes"})
            opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(retain_on_delete=True))
            return pulumi.ResourceTransformResult({**args.props, "tags": tags}, opts)


        lake = aws.s3.Bucket("lake")
        aws.sns.Topic(
            "t",
            display_name=lake.arn,
            name=lake.bucket,
            policy=pulumi.Output.secret("s"),
            tags={"a": lake.arn, "b": "c"},
            opts=pulumi.ResourceOptions(
                transforms=[look], depends_on=[lake], import_="id-1", custom_timeouts=pulumi.CustomTimeouts(create="5m")
            ),
        )
        pulumi.export("seen", pulumi.Output.from_input(lake.urn).apply(lambda _: seen))
        """,
        REGION,
    )

    assert run.result["error"] is None
    assert run.result["outputs"]["seen"] == ["displayName:Output", "name:Output", "policy:Output", "tags:Output"]
    topic, lake = run.resource("t"), run.resource("lake")
    assert topic["inputs"] == {
        "displayName": "<unknown>",
        "name": lake["inputs"]["bucket"],
        "policy": "<secret>",
        "tags": "<unknown>",
        "tagsAll": "<unknown>",
    }
    assert topic["dependencies"] == [lake["urn"]]
    assert topic["propertyDependencies"] == {name: [lake["urn"]] for name in ("displayName", "name", "tags")}
    assert topic["retainOnDelete"] is True


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            """\
            import pulumi
            import pulumi_aws as aws


            def refuse(args):
                raise ValueError(f"{args.name} is refused")


            aws.sns.Topic("t", opts=pulumi.ResourceOptions(transforms=[refuse]))
            """,
            "program",
            "t is refused",
        ),
        (
            """\
            import pulumi
            import pulumi_aws as aws


            def refuse(args):
                raise ValueError("no such function")


            pulumi.runtime.register_invoke_transform(refuse)
            pulumi.export("r", aws.get_region_output().region)
            """,
            "program",
            "no such function",
        ),
        (
            """\
            import pulumi
            import pulumi_aws as aws


            def refuse(args):
                raise ValueError(f"{args.name} is refused")


            hook = pulumi.ResourceHook("refuse", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
            binding = pulumi.ResourceHookBinding(after_create=[hook])
            aws.sns.Topic("t", opts=pulumi.ResourceOptions(hooks=binding))
            """,
            "hook",
            'after hook "refuse" failed: t is refused',
        ),
    ],
    ids=["transform", "invoke-transform", "hook"],
)
def test_a_callback_that_raises_fails_the_preview(tmp_path: Path, code: str, kind: str, message: str) -> None:
    error = preview_code(tmp_path, code, REGION).error

    assert error["kind"] == kind
    assert message in error["message"]


def test_a_hook_whose_errors_are_ignored_warns(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws


        def refuse(args):
            raise ValueError("refused")


        options = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
        hook = pulumi.ResourceHook("soft", refuse, options)
        binding = pulumi.ResourceHookBinding(before_create=[hook])
        aws.sns.Topic("t", opts=pulumi.ResourceOptions(hooks=binding))
        """,
        REGION,
    )

    assert run.result["error"] is None
    assert run.diagnostics("warning") == ['before hook "soft" failed: refused']


def test_an_error_hook_is_accepted(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        hook = pulumi.ErrorHook("again", lambda args: True)
        aws.sns.Topic("t", opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[hook])))
        """,
        REGION,
    )

    assert run.result["error"] is None
    assert run.names() == ["t"]
