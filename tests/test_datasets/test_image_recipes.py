"""The recipes of the job's images, parsed: pinned bases, no secrets, nobody's root, and what the component relies on.

They are not built: there is no container runtime and no registry here.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from dataops_infra.test_datasets import aws_jobs, aws_runs, gcp_run

RECIPES = Path(__file__).parents[2] / "docs" / "containers" / "masking"
DEBIAN, EMR = "Dockerfile", "emr-serverless.Dockerfile"
INSTRUCTIONS = frozenset({"ARG", "FROM", "USER", "RUN", "COPY", "ENV", "WORKDIR", "ENTRYPOINT"})


class Step(NamedTuple):
    """One instruction, its continued lines joined."""

    word: str
    rest: str


def steps(name: str) -> list[Step]:
    text = (RECIPES / name).read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [Step(*line.split(maxsplit=1)) for line in lines if line.strip()]


def stages(name: str) -> list[list[Step]]:
    """The instructions of each stage, its FROM first; what stands before the first stage is left out."""
    found: list[list[Step]] = []
    for step in steps(name):
        if step.word == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def rest_of(steps: list[Step], word: str) -> list[str]:
    return [" ".join(step.rest.split()) for step in steps if step.word == word]


@pytest.mark.parametrize("name", [DEBIAN, EMR])
def test_recipe_is_of_known_instructions_and_says_that_it_is_not_built(name: str) -> None:
    assert {step.word for step in steps(name)} <= INSTRUCTIONS
    assert "Not built here" in (RECIPES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [DEBIAN, EMR])
def test_every_stage_begins_at_one_base_whose_version_is_named(name: str) -> None:
    (base,) = rest_of(steps(name), "ARG")
    assert re.fullmatch(r"BASE=(python:3\.11-slim-\w+|\S+/emr-\d+\.\d+\.\d+(:\S+)?)(@sha256:[0-9a-f]{64})?", base)
    assert [step.rest for stage in stages(name) for step in stage[:1]] == ["${BASE} AS build", "${BASE}"]
    assert "@sha256:…" in (RECIPES / name).read_text(encoding="utf-8")  # and people are told to name a digest


@pytest.mark.parametrize("name", [DEBIAN, EMR])
def test_image_holds_the_locked_packages_and_our_wheel_alone(name: str) -> None:
    build, last = stages(name)
    assert rest_of(build, "COPY") == [
        "docs/containers/masking/requirements.lock /build/requirements.lock",
        "dist/dataops_infra-*.whl /build/",
    ]
    assert rest_of(last, "COPY") == ["--from=build /opt/masking /opt/masking"]
    installs = [part.strip() for run in rest_of(build, "RUN") for part in run.split("&&") if "bin/pip" in part]
    assert installs == [
        "/opt/masking/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.lock",
        "/opt/masking/bin/pip install --no-cache-dir --no-deps /build/dataops_infra-*.whl",
        "/opt/masking/bin/pip check",
    ]
    assert not [run for run in rest_of(last, "RUN") if "pip" in run or "curl" in run or "wget" in run]


@pytest.mark.parametrize("name", [DEBIAN, EMR])
def test_image_holds_no_secret(name: str) -> None:
    telling = re.compile(r"(?i)key|secret|passw|token|credential|AKIA")
    assert not [step for step in steps(name) if telling.search(step.rest)]


@pytest.mark.parametrize(("name", "user"), [(DEBIAN, "1099:1099"), (EMR, "hadoop:hadoop")])
def test_image_ends_as_a_user_without_rights(name: str, user: str) -> None:
    last = stages(name)[-1]
    assert rest_of(last, "USER")[-1] == user
    assert [step.word for step in last if step.word in ("RUN", "COPY", "USER")][-1] == "USER"


def test_image_of_debian_runs_the_entry_point_of_the_component() -> None:
    last = stages(DEBIAN)[-1]
    assert rest_of(last, "ENTRYPOINT") == [f'["/usr/bin/tini", "--", "python", "-m", "{gcp_run.MODULE}"]']
    (variables,) = rest_of(last, "ENV")
    assert "PATH=/opt/masking/bin:$PATH" in variables
    assert "PYSPARK_PYTHON=/opt/masking/bin/python" in variables
    (run,) = rest_of(last, "RUN")
    # What Dataproc Serverless asks of an image: https://cloud.google.com/dataproc-serverless/docs/guides/custom-containers
    assert {"procps", "tini"} <= set(run.split())
    assert "--gid 1099 spark && useradd --uid 1099 --gid 1099" in run


def test_image_of_emr_serverless_has_the_release_and_the_python_that_the_component_asks_for() -> None:
    (base,) = rest_of(steps(EMR), "ARG")
    assert base.startswith(f"BASE=public.ecr.aws/emr-serverless/spark/{aws_jobs.EMR_RELEASE}:")
    build, last = stages(EMR)
    assert aws_runs.IMAGE_PYTHON == "/opt/masking/bin/python"
    assert rest_of(build, "RUN")[1].startswith("python3.11 -m venv /opt/masking ")
    # Stages begin as the user of the base; a virtual environment needs its interpreter in the last one too.
    for stage in (build, last):
        assert (stage[1], stage[2].rest.startswith("dnf install --assumeyes python3.11 ")) == (
            Step("USER", "root"),
            True,
        )
    # The base's entry point is how EMR Serverless starts an image.
    assert not {step.word for step in last} & {"ENTRYPOINT", "ENV", "WORKDIR"}
    assert not [step for step in steps(EMR) if "apt-get" in step.rest or "useradd" in step.rest]
