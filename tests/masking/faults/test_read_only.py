"""A folder that may not be written, met by the real command in a process without root's rights."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cli import environment
from tests.support.masked_runs import KEY_BYTES, mask, write_people

IS_ROOT = os.geteuid() == 0
AS_NOBODY = """
import contextlib, io, json, os, sys

from dataops_infra.cli import main


def call(words):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main(words)
        except SystemExit as ended:
            return {"code": ended.code, "said": said.getvalue()}


before, calls, user = json.loads(sys.stdin.read())
# The interpreter may lie where nobody reads: what the calls import is imported before the rights are dropped.
answers = [call(words) for words in before]
if user:
    os.setgroups([])
    os.setgid(user[1])
    os.setuid(user[0])
    assert os.geteuid() == user[0]
answers += [call(words) for words in calls]
json.dump(answers, sys.stdout)
"""


@dataclass(frozen=True)
class Place:
    """A folder that everybody can reach, with a folder in it that may be read alone."""

    folder: Path
    locked: Path

    def run(self, target: Path, *more: str | Path) -> list[str]:
        """The words of a run."""
        words = ["mask", "run", self.folder / "plan.yaml", "-s", self.folder / "source", "-t", target]
        return list(map(str, [*words, "--key-file", self.folder / "mask.key", *more]))

    def classify(self, output: Path) -> list[str]:
        """The words of a classification."""
        return list(map(str, ["mask", "classify", self.folder / "source", "--output", output]))

    def verify(self, target: Path, *more: str | Path) -> list[str]:
        """The words of a judgement."""
        return list(
            map(str, ["mask", "verify", self.folder / "plan.yaml", "-s", self.folder / "source", "-t", target, *more])
        )

    def call(self, before: list[list[str]], calls: list[list[str]]) -> list[dict[str, object]]:
        """What the calls come to: ``before`` as this user, ``calls`` as nobody where this user is root."""
        nobody = pwd.getpwnam("nobody")
        user = [nobody.pw_uid, nobody.pw_gid] if IS_ROOT else None
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY],
            input=json.dumps([before, calls, user]),
            capture_output=True,
            text=True,
            env=environment(),
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, object]] = json.loads(done.stdout)
        return answers


OWNERS = [
    pytest.param("nobody", id="own"),
    pytest.param("root", marks=pytest.mark.skipif(not IS_ROOT, reason="root's")),
]


@pytest.fixture(params=OWNERS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="read-only-"))
    try:
        source = write_people(folder / "source")
        (folder / "mask.key").write_text(KEY_BYTES.hex())
        (folder / "mask.key").chmod(0o600)
        (folder / "locked").mkdir()
        mask(folder, source, target=folder / "locked" / "masked")
        if IS_ROOT:
            nobody = pwd.getpwnam("nobody")
            for path in (folder, folder / "mask.key", *([folder / "locked"] if request.param == "nobody" else [])):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        folder.chmod(0o755)
        (folder / "locked").chmod(0o555)
        yield Place(folder, folder / "locked")
    finally:
        (folder / "locked").chmod(0o755)
        shutil.rmtree(folder)


def test_what_may_not_be_written_is_one_sentence_and_nothing_changes(place: Place) -> None:
    former, good, beside = place.locked / "masked", place.folder / "good", place.folder / "beside"
    warm = [place.run(good), place.verify(good), place.classify(place.folder / "first.yaml")]
    calls = [
        place.run(place.locked / "new"),
        place.run(former, "--overwrite"),
        place.run(place.folder / "other", "--report", place.locked / "report.html"),
        place.classify(place.locked / "plan.yaml"),
        place.verify(good, "-o", place.locked / "gate.html"),
        # Refused above for the folder's sake, not the user's.
        place.run(beside),
        place.classify(place.folder / "second.yaml"),
    ]
    answers = place.call(warm, calls)
    target = f"dataops: the target's folder {place.locked} cannot be written; choose another --target\n"
    file = f"expected a file in a folder that can be written ({place.locked} cannot), got"
    assert [(answer["code"], answer["said"]) for answer in answers] == [
        *[(0, "")] * len(warm),
        *[(2, target)] * 2,
        (2, f"dataops: --report: {file} '{place.locked}/report.html'\n"),
        (2, f"dataops: --output: {file} '{place.locked}/plan.yaml'\n"),
        (2, f"dataops: --output: {file} '{place.locked}/gate.html'\n"),
        *[(0, "")] * 2,
    ]
    assert sorted(path.name for path in place.locked.iterdir()) == ["masked"]
    assert sorted(path.name for path in place.folder.iterdir()) == sorted(
        ["beside", "first.yaml", "good", "locked", "mask.key", "plan.yaml", "second.yaml", "source"]
    )
    if IS_ROOT:
        assert (beside / "_manifest.json").stat().st_uid == pwd.getpwnam("nobody").pw_uid
