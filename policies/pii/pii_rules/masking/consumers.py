"""``masked-source-not-readable-by-consumer``: whoever may read a masked copy may not read the data that it is made of.

Judged by the beginnings of objects' names, not by buckets: another prefix of the source's bucket is another dataset.
"""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Resource, Stack, Violation
from dataops_infra.policy.policy_documents import Statement, read_document

from ..flow.edges import is_given
from ..flow.graph import Node
from ..flow.kinds import S3_BUCKET
from ..flow.places import Atlas
from ..flow.principals import principals_of
from ..flow.readable import reads as reads_store
from .command_lines import SOURCE, TARGET
from .grants import BUCKET, FOLDER, PROJECT, grants
from .grants import reads as role_reads
from .jobs import MaskingJob, masking_jobs
from .places import Place, pattern_of, place_of
from .rights import ROLE_TYPE, atlas_of, aws_rights, runners

BUCKET_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"


def consumers_apart(stack: Stack) -> Iterator[Violation]:
    """Every masking job of the stack whose command line is told."""
    jobs = [job for job in masking_jobs(stack) if job.is_told]
    if not jobs:
        return
    readers = _Readers(atlas_of(stack))
    for job in jobs:
        yield from _both(readers, job)


def _both(readers: "_Readers", job: MaskingJob) -> Iterator[Violation]:
    source, target = place_of(job.option(SOURCE)), place_of(job.option(TARGET))
    if source is None or target is None:
        return
    own = set(runners(readers.atlas, job))
    of_source, of_target = readers.of(source), readers.of(target)
    if of_source.keys() - own and of_target.keys() - own:
        for node in of_source.keys() ^ of_target.keys():
            if readers.atlas.is_unknown(node):
                readers.atlas.outside(node)  # waits for it: it may be a reader of the other side
    for node in sorted((of_source.keys() & of_target.keys()) - own):
        text = f"{readers.atlas.label(node)} may read the masked copy and what it is made of"
        step = "let nobody but the masking job and its owners read the source, or take the reader off the copy"
        yield Violation(text, (step,), of_source[node].urn)


class _Readers:
    """Who may read objects at a place, by the policies and grants of the stack."""

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self._roles = atlas.stack.of_types({ROLE_TYPE})
        self._rights = {role.urn: tuple(aws_rights(atlas, role.urn)) for role in self._roles}
        self._policies = tuple(_bucket_policies(atlas))
        self._grants = tuple(grants(atlas, PROJECT | BUCKET | FOLDER))

    def of(self, place: Place) -> dict[Node, Resource]:
        """Reader -> the resource that lets it read."""
        found: dict[Node, Resource] = {}
        for resource, statement in self._policies:
            if _may_read(statement, place):
                found |= dict.fromkeys(principals_of(self.atlas, statement), resource)
        for role, rights in self._rights.items():
            for right in rights:
                if right.statement is not None and _may_read(right.statement, place):
                    found[role] = right.by
        for grant in self._grants:
            if role_reads(grant.role) and grant.reaches(place) and not _is_project(grant.by):
                found[grant.member] = grant.by
        return found


def _is_project(resource: Resource) -> bool:
    """A role on the whole project is judged by pii-stays-in-production: it holds for source and copy alike."""
    return resource.type in PROJECT


def _bucket_policies(atlas: Atlas) -> Iterator[tuple[Resource, Statement]]:
    for resource in atlas.stack.of_types({BUCKET_POLICY, *S3_BUCKET.types}):
        if is_given(resource, "policy"):
            for statement in read_document(resource.props["policy"]).statements:
                if statement.allows:
                    yield resource, statement


def _may_read(statement: Statement, place: Place) -> bool:
    if not reads_store(statement, S3_BUCKET):
        return False
    if statement.not_resources:
        return True
    patterns = (pattern_of(text) for text in statement.resources)
    return any(pattern is not None and pattern.may_mean(place) for pattern in patterns)
