"""Answers to provider functions (invokes).

In this order: an entry of the answers file; an offline answer that is certain (``functions_aws``, ``functions_gcp``);
else the output form is unknown, and the plain form, which cannot be, gets placeholders of the declared shape.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import functions_aws, functions_gcp
from .answers import Entry, entries, entry_text, normal_token, result_of
from .lookalikes import Call, Spot, lookalike
from .offline import Facts, MadeUp, Partial
from .placeholders import Placeholders
from .records import EngineFailure, Frame, JobSpec, ProviderRecord
from .shapes import Shape, find_result_type, shape_of
from .values import UNKNOWN, Properties, Wire, contains_secret, contains_unknown

_OFFLINE = {**functions_aws.ANSWERS, **functions_gcp.ANSWERS}
LIST_LENGTH = 3
"""Elements of a made-up list of texts: programs index the first two or three zones, subnets, …"""


@dataclass(frozen=True)
class FunctionAnswer:
    """``result`` is a wire dict or :data:`UNKNOWN`; ``record`` an entry of result.json's ``functions``."""

    result: Properties | str
    record: dict[str, Any]


class Functions:
    """Answers every function of one preview. Safe to use from several threads.

    ``placeholders`` knows what was made up; every registration's inputs pass through its ``scrub``.
    """

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._entries: list[Entry] = entries(spec.answers)
        self._secrets = [spec.config[key] for key in spec.config_secret_keys if spec.config.get(key)]
        self._lock = threading.Lock()
        self._records: dict[str, dict[str, Any]] = {}
        self.placeholders = Placeholders(spec.config_unknown)

    def answer(
        self,
        token: str,
        args: Properties,
        provider: ProviderRecord | None,
        plain: bool,
        frames: Iterable[Frame] = (),
        *,
        result_type: type | None = None,
        secret: bool = False,
        urn: str = "",
    ) -> FunctionAnswer:
        """Answer one call.

        :param plain: the program needs a value, an unknown would crash it.
        :param frames: the user's frames, innermost first.
        :param result_type: the SDK's class of the result; looked up by the token where the caller cannot tell.
        :param secret: whether an argument is a secret, which keeps the arguments out of the record.
        :param urn: the resource a method is called on.
        :raises EngineFailure: kind ``answers``: an entry of the answers file is wrong, or the result cannot be made
            up; kind ``program``: the arguments are refused by the real provider too.
        """
        source = next((frame.place() for frame in frames), None)
        question = _Question(self, token, args, provider, plain, shape_of(result_type or find_result_type(token)))
        show_args = not (secret or contains_secret(args) or self._holds_secret(args))
        try:
            result, answered_by = question.answer()
        except EngineFailure as failure:
            failure.source = failure.source or source
            if failure.detail == "":
                failure.detail = question.entry(show_args)
            raise
        record: dict[str, Any] = {
            "function": token,
            "form": "plain" if plain else "output",
            "answeredBy": answered_by,
            "source": source,
            "entry": question.entry(show_args),
        }
        if urn:
            record["urn"] = urn
        with self._lock:
            self._records.setdefault(json.dumps(record, sort_keys=True), record)
        return FunctionAnswer(result, record)

    def unknown_call(self, token: str, urn: str = "", frames: Iterable[Frame] = ()) -> dict[str, Any]:
        """Record the call of a method (``Call``), whose result is always unknown."""
        source = next((frame.place() for frame in frames), None)
        record: dict[str, Any] = {"function": token, "form": "output", "answeredBy": "unknown", "source": source}
        record |= {"entry": "", **({"urn": urn} if urn else {})}
        with self._lock:
            self._records.setdefault(json.dumps(record, sort_keys=True), record)
        return record

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every function used, each once per form, answer and place; in an order that does not depend on threads."""
        with self._lock:
            return [self._records[key] for key in sorted(self._records)]

    @property
    def advice(self) -> str:
        """The answers-file entries of every placeholder handed out: the remedy when a program fails on one."""
        texts = [record["entry"] for record in self.records if record["answeredBy"] == "placeholder"]
        return "".join(dict.fromkeys(texts))

    def _holds_secret(self, args: Properties) -> bool:
        text = json.dumps(args, ensure_ascii=False)
        return any(json.dumps(secret, ensure_ascii=False)[1:-1] in text for secret in self._secrets)

    @property
    def spec(self) -> JobSpec:
        """The job."""
        return self._spec

    def entry_for(self, token: str, args: Properties) -> Entry | None:
        """The first entry of the answers file that fits."""
        return next((entry for entry in self._entries if entry.fits(token, args)), None)


class _Question:
    """One call on its way to an answer."""

    def __init__(
        self,
        functions: Functions,
        token: str,
        args: Properties,
        provider: ProviderRecord | None,
        plain: bool,
        shape: Shape | None,
    ) -> None:
        self._functions, self._token, self._args, self._plain, self._shape = functions, token, args, plain, shape
        spec = functions.spec
        package = token.partition(":")[0]
        self._facts = Facts(package, provider, spec.config, spec.facts)
        self._call = self._describe(provider)
        self._made_up: list[str] = []

    def _describe(self, provider: ProviderRecord | None) -> Call:
        """Identical calls share an origin, so they get identical placeholders, whichever thread comes first."""
        origin = json.dumps([self._token, self._args, provider.urn if provider else ""], sort_keys=True)
        where = functions_aws.region(self._args, self._facts)
        project = ""
        if self._facts.package == "gcp":
            where = str(self._args.get("region") or functions_gcp.region(self._facts) or "")
            project = str(self._args.get("project") or functions_gcp.project(self._facts))
        return Call(self._token, origin, where, project, functions_aws.partition(where)[0])

    def answer(self) -> tuple[Properties | str, str]:
        """The result, and by what it was answered."""
        entry = self._functions.entry_for(self._token, self._args)
        if entry is not None:
            return result_of(entry, self._token, self._shape, self.make_up), "answers"
        offline = None if contains_unknown(self._args) else self._offline()
        if offline is not None:
            result = self._completed(offline)
            return result, "placeholder" if self._made_up else "offline"
        if not self._plain:
            return UNKNOWN, "unknown"
        if self._shape is None:
            raise EngineFailure(
                "answers",
                f"{self._token} needs an answer: its result has no declared shape to make one up from; "
                "add an entry to the answers file",
            )
        return self._completed({}), "placeholder"

    def _offline(self) -> Partial | None:
        known = _OFFLINE.get(normal_token(self._token))
        return known(self._args, self._facts) if known else None

    def _completed(self, known: Partial) -> Properties:
        """``known`` plus what the declared shape asks for: the arguments, which a result repeats, else placeholders."""
        fields: Mapping[str, Shape] = self._shape.fields if self._shape else {}
        result: Properties = {}
        for name in {**fields, **known}:
            shape = fields.get(name, Shape("string"))
            if name in known and not isinstance(known[name], MadeUp):
                result[name] = known[name]
            elif name not in known and self._args.get(name) is not None and shape.kind != "map":
                result[name] = self._args[name]
            elif name not in known and (name == "region" and self._call.region):
                result[name] = self._call.region
            elif name not in known and (name == "project" and self._call.project):
                result[name] = self._call.project
            elif not shape.optional:
                result[name] = self.make_up(shape, f"result.{name}")
        return {name: value for name, value in result.items() if value is not None}

    def make_up(self, shape: Shape, path: str) -> Wire:
        """A placeholder of a shape; ``path`` leads from ``result`` to it."""
        field = path.removeprefix("result.").partition(".")[0].partition("[")[0]
        if field not in self._made_up:
            self._made_up.append(field)
        name = path.rpartition(".")[2].partition("[")[0]
        return self._value(shape, path, name, 0)

    def _value(self, shape: Shape, path: str, name: str, index: int) -> Wire:
        marks = self._functions.placeholders
        if shape.kind == "object":
            required = {key: inner for key, inner in shape.fields.items() if not inner.optional}
            return {key: self._value(inner, f"{path}.{key}", key, 0) for key, inner in required.items()}
        if shape.kind == "list" and shape.item is not None:
            length = 1 if shape.item.kind == "object" else LIST_LENGTH
            return [self._value(shape.item, f"{path}[{at}]", name, at) for at in range(length)]
        if shape.kind == "boolean":
            return False
        if shape.kind == "enum":
            return shape.choices[0]
        spot = Spot(self._call, name, path, index, marks)
        if shape.kind == "number":
            return float(spot.core)
        if shape.kind == "map":
            return {f"placeholder-{spot.core}": f"placeholder-{spot.core}"}
        return lookalike(spot)

    def entry(self, show_args: bool) -> str:
        """The text to add to the answers file for this call."""
        return entry_text(self._token, self._args if show_args else None, self._shape, self._made_up)
