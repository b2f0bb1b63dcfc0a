"""The worker of an audit: started as ``python -P -m dataops_infra.audit.worker``, speaks JSON lines over its pipes.

The first line on stdin says which packs to start; its answer on stdout is ``{"ready": …}`` or ``{"failed": …}``. Every
further line names an export and is answered by one line with what was found in it. At the end of stdin the worker ends,
and everything it started with it: whoever gave the orders wants no more, or was killed (as ADR 0044 has it). The packs
serve one export after the other; after a failure they are started anew, for nobody knows what they remember of the half
that they have judged.
"""

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from pulumi.runtime.proto import analyzer_pb2

from dataops_infra.audit.exported import ExportError, read_export
from dataops_infra.audit.records import external_urns, resource_records
from dataops_infra.audit.secrets import Secrets
from dataops_infra.preview.engine.leftovers import MARK, end_marked
from dataops_infra.preview.engine.packs import PackGroup
from dataops_infra.preview.engine.records import EngineFailure, PackSpec, ResourceRecord
from dataops_infra.preview.engine.registry import Registry
from dataops_infra.preview.engine.serve import Server
from dataops_infra.preview.engine.service import Engine
from dataops_infra.preview.engine.values import contains_unknown
from dataops_infra.preview.masking import Mask
from dataops_infra.preview.passphrase import find_passphrase

_PRIVATE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
"""No pack needs them."""
_STACK_VARIABLES = ("PULUMI_PROJECT", "PULUMI_STACK", "PULUMI_ORGANIZATION", "PULUMI_DRY_RUN", "PULUMI_CONFIG")
"""An audit tells packs no stack, whatever surrounds this process."""
_GRACE_SECONDS = 1.0
"""For asking the packs to end before they are killed."""
_NOT_IN_STATE = "not known in the exported state; deploy or refresh the stack and export it again"

Document = dict[str, Any]


class Auditor:
    """Judges exports by one set of packs.

    :param order: the first line: ``packs`` (as in job.json), ``timeouts``, ``maximumBytes``.
    :raises EngineFailure: a pack does not start, or its configuration is wrong.
    """

    def __init__(self, order: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._packs = [PackSpec(**pack) for pack in order["packs"]]
        self._timeouts: dict[str, float] = order["timeouts"]
        self._maximum_bytes: int = order["maximumBytes"]
        self._passphrase = find_passphrase(environ)
        dropped = {*_PRIVATE, *_STACK_VARIABLES}
        self._environ = {name: value for name, value in environ.items() if name not in dropped}
        self._registry = Registry()
        self._server = Server(Engine(self._registry))
        self._group: PackGroup | None = self._started()

    def _started(self) -> PackGroup:
        group = PackGroup.start(self._packs, self._server.address, self._environ, self._timeouts)
        group.skips_indifferent = False
        try:
            group.wait_ready(analyzer_pb2.AnalyzerStackConfigureRequest())
        except EngineFailure:
            group.close()
            raise
        return group

    def describe(self) -> Document:
        """The packs as result.json lists them, and what is odd about their configuration."""
        assert self._group is not None
        return {"packs": self._group.packs, "warnings": self._group.warnings}

    def close(self) -> None:
        """End the packs."""
        if self._group is not None:
            self._group.close()
        self._server.stop()

    def audit(self, path: Path) -> Document:
        """What was found in the export at ``path``; never raises on account of the export or of a pack."""
        found: Document = {"error": None}
        mask = Mask(())
        try:
            export = read_export(path, self._maximum_bytes)
            found |= {"project": export.project, "stack": export.stack, "digest": export.digest}
            secrets = Secrets(export.secrets_provider, self._passphrase)
            records = resource_records(export, secrets)
            mask = Mask(secrets.texts)
            self._judge(records)
            externals = external_urns(export)
            found |= {
                "resources": len(records),
                "external": sorted(externals.intersection(record.urn for record in records)),
                "pendingOperations": export.pending_operations,
                "closedSecrets": secrets.closed,
                "reasons": _reasons(records, secrets),
                "observed": mask.observed(self._observed(records, export.lines, path)),
            }
        except ExportError as error:
            found["error"] = {"kind": "export", "message": str(error), "detail": ""}
        except EngineFailure as failure:
            found["error"] = {
                "kind": failure.kind, "message": mask.text(str(failure)), "detail": mask.text(failure.detail)
            }  # fmt: skip
            self._drop_packs()
        except RecursionError:
            found["error"] = {"kind": "export", "message": "is nested too deeply to be an exported stack", "detail": ""}
            self._drop_packs()
        except (OverflowError, TypeError, ValueError, MemoryError) as error:
            sentence = f"could not be judged: {type(error).__name__} while it was handed to the packs"
            found["error"] = {"kind": "internal", "message": sentence, "detail": ""}
            self._drop_packs()
        return found

    def _drop_packs(self) -> None:
        if self._group is not None:
            self._group.close()
        self._group = None

    def _judge(self, records: list[ResourceRecord]) -> None:
        if self._group is None:
            self._group = self._started()
        self._registry.diagnostics.clear()
        self._group.next_stack(analyzer_pb2.AnalyzerStackConfigureRequest())
        if not records:
            return
        for record in records:
            self._group.analyze(record)
        self._group.finish(records)

    def _observed(self, records: list[ResourceRecord], lines: Mapping[str, int], path: Path) -> Document:
        """The part of a ``dataops.engine/v1`` document that an audit has: of the resources, those with a verdict."""
        assert self._group is not None
        events = self._group.events
        concerned = {event["urn"] for event in events}
        return {
            "resources": [_resource(r, lines.get(r.urn, 1), path) for r in records if r.urn in concerned],
            "outputs": {},
            "packs": self._group.packs,
            "policyEvents": sorted(events, key=lambda event: str(event["urn"])),
            "remediations": [],
            "functions": [],
            "placeholders": [],
            "diagnostics": [
                {"severity": said.severity, "message": said.message, "urn": said.urn}
                for said in self._registry.diagnostics
            ],
            "error": None,
        }


def _resource(record: ResourceRecord, line: int, path: Path) -> Document:
    return {
        "urn": record.urn,
        "type": record.type,
        "name": record.name,
        "custom": record.custom,
        "parent": record.parent,
        "provider": record.provider.urn if record.provider else "",
        "inputs": {},
        "dependencies": [],
        "propertyDependencies": {},
        "protect": record.protect,
        "retainOnDelete": False,
        "aliases": [],
        "read": False,
        "source": {"file": str(path), "line": line},
    }


def _reasons(records: list[ResourceRecord], secrets: Secrets) -> dict[str, str]:
    """Why values of a resource are unknown, by URN."""
    why = secrets.reason if secrets.closed else _NOT_IN_STATE
    return {r.urn: why for r in records if _has_unknown(r)}


def _has_unknown(record: ResourceRecord) -> bool:
    provider = record.provider.inputs if record.provider else None
    return any(contains_unknown(values) for values in (record.inputs, record.outputs, provider))


def _orders(lines: IO[bytes], done: threading.Event, mark: str) -> Iterator[Document]:
    """The lines of stdin as they come; when they end, the process must end soon, whatever it is doing."""
    waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def read() -> None:
        for line in lines:
            waiting.put(line)
        waiting.put(None)
        if not done.wait(_GRACE_SECONDS):
            end_marked(mark)
            os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=read, name="orders", daemon=True).start()
    while (line := waiting.get()) is not None:
        yield json.loads(line)


def main() -> int:
    """Serve until stdin ends, or nobody reads the answers."""
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    done, mark = threading.Event(), os.environ.get(MARK, "")
    try:
        _serve(_orders(cast("IO[bytes]", sys.stdin.buffer), done, mark), answers)
    except BrokenPipeError:
        return 1
    finally:
        end_marked(mark)
        done.set()
    return 0


def _serve(orders: Iterator[Document], answers: IO[bytes]) -> None:
    def answer(document: Document) -> None:
        answers.write(json.dumps(document).encode() + b"\n")

    first = next(orders, None)
    if first is None:
        return
    try:
        auditor = Auditor(first, os.environ)
    except EngineFailure as failure:
        answer({"failed": {"message": str(failure), "detail": failure.detail}})
        return
    try:
        answer({"ready": auditor.describe()})
        for order in orders:
            answer(auditor.audit(Path(order["path"])))
    finally:
        auditor.close()


if __name__ == "__main__":
    sys.exit(main())
