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
from .answers import RESULT, Entry, entries, entry_text, normal_token, result_of
from .lookalikes import Call, Spot, lookalike
from .offline import Facts, MadeUp, Partial
from .placeholders import Placeholders
from .records import EngineFailure, Frame, JobSpec, ProviderRecord
from .shapes import Shape, find_result_type, shape_of
from .values import UNKNOWN, Properties, Wire, contains_secret, contains_unknown, strip_secrets

OFFLINE = {**functions_aws.ANSWERS, **functions_gcp.ANSWERS}
"""Short token → the offline answer."""

ADVICE = (
    "Before this, functions were answered with placeholders. Should one of them be the cause, "
    "give the real value in the file of --answers:\n"
)
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
        self._advice: set[str] = set()
        self._used: set[str] = set()
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
        may_be_unknown: bool = True,
    ) -> FunctionAnswer:
        """Answer one call.

        :param plain: the program needs a value, an unknown would crash it.
        :param frames: the user's frames, innermost first.
        :param result_type: the SDK's class of the result; looked up by the token where the caller cannot tell.
        :param secret: whether an argument is a secret, which keeps the arguments out of the record.
        :param may_be_unknown: False for an SDK that cannot take an unknown result: its output form gets placeholders of
            the declared shape too.
        :raises EngineFailure: kind ``answers``: an entry of the answers file is wrong, or the result cannot be made
            up; kind ``program``: the arguments are refused by the real provider too.
        """
        source = next((frame.place() for frame in frames), None)
        question = _Question(self, token, args, provider, plain, may_be_unknown, result_type)
        show_args = not (secret or contains_secret(args) or self._holds_secret(args))
        try:
            result, answered_by = question.answer()
        except EngineFailure as failure:
            failure.source = failure.source or source
            if failure.kind == "answers":
                failure.detail = failure.detail or question.entry(show_args)
            raise
        entry = question.entry(show_args)
        if question.made_up:
            self._advice.add(entry)
        made_up = question.made_up if answered_by in ("offline", "answers") else ()
        record = self._record(token, "plain" if plain else "output", answered_by, source, entry, made_up=made_up)
        return FunctionAnswer(result, record)

    def unknown_call(self, token: str, urn: str = "", frames: Iterable[Frame] = ()) -> dict[str, Any]:
        """Record the call of a method (``Call``) on the resource ``urn``; its result is always unknown."""
        return self._record(token, "output", "unknown", next((frame.place() for frame in frames), None), "", urn)

    def _record(
        self,
        token: str,
        form: str,
        answered_by: str,
        source: dict[str, Any] | None,
        entry: str,
        urn: str = "",
        made_up: Iterable[str] = (),
    ) -> dict[str, Any]:
        record: dict[str, Any] = {"function": token, "form": form, "answeredBy": answered_by, "source": source}
        record |= {"entry": entry, **({"urn": urn} if urn else {})}
        if fields := sorted(made_up):
            record["madeUp"] = fields
        with self._lock:
            return self._records.setdefault(json.dumps(record, sort_keys=True), record)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every function used, each once per form, answer and place; in an order that does not depend on threads."""
        with self._lock:
            return sorted(self._records.values(), key=_order)

    @property
    def advice(self) -> str:
        """For people whose program failed after placeholders were handed out: the entries to add; otherwise ""."""
        return ADVICE + "".join(sorted(self._advice)) if self._advice else ""

    def _holds_secret(self, args: Properties) -> bool:
        text = json.dumps(args, ensure_ascii=False)
        return any(json.dumps(secret, ensure_ascii=False)[1:-1] in text for secret in self._secrets)

    @property
    def spec(self) -> JobSpec:
        """The job."""
        return self._spec

    def entry_for(self, token: str, args: Properties) -> Entry | None:
        """The first entry of the answers file that fits."""
        found = next((entry for entry in self._entries if entry.fits(token, args)), None)
        if found is not None:
            with self._lock:
                self._used.add(found.label)
        return found

    @property
    def unused(self) -> list[str]:
        """A sentence per entry of the answers file that answered no call: it is misspelt, or of former days."""
        return [
            f"{entry.label} answered nothing: it got no call of {entry.function}"
            f"{' with such arguments' if entry.args else ''}; correct the entry or remove it"
            for entry in self._entries
            if entry.label not in self._used
        ]


def _order(record: Mapping[str, Any]) -> tuple[Any, ...]:
    source = record["source"] or {"file": "", "line": 0}
    return record["function"], source["file"], source["line"], record["form"], json.dumps(record, sort_keys=True)


class _Question:
    """One call on its way to an answer."""

    def __init__(
        self,
        functions: Functions,
        token: str,
        args: Properties,
        provider: ProviderRecord | None,
        plain: bool,
        may_be_unknown: bool,
        result_type: type | None,
    ) -> None:
        spec = functions.spec
        self._may_be_unknown = may_be_unknown
        self._functions, self._token, self._args, self._plain = functions, token, strip_secrets(args), plain
        self._shape = shape_of(result_type or find_result_type(token))
        self._facts = Facts(token.partition(":")[0], provider, spec.config, spec.facts)
        self._call = self._describe(provider)
        self.made_up: list[str] = []

    def _describe(self, provider: ProviderRecord | None) -> Call:
        """Identical calls share an origin, so they get identical placeholders, whichever thread comes first."""
        origin = json.dumps([self._token, self._args, provider.urn if provider else ""], sort_keys=True)
        if self._facts.package == "aws":
            region = functions_aws.region(self._args, self._facts)
            return Call(self._token, origin, region, partition=functions_aws.partition(region)[0])
        if self._facts.package == "gcp":
            region = str(self._args.get("region") or functions_gcp.region(self._facts) or "")
            return Call(
                self._token, origin, region, str(self._args.get("project") or functions_gcp.project(self._facts))
            )
        return Call(self._token, origin)

    def answer(self) -> tuple[Properties | str, str]:
        """The result, and by what it was answered."""
        entry = self._functions.entry_for(self._token, self._args)
        if entry is not None:
            return self._completed(result_of(entry, self._token, self._shape, self._make_up)), "answers"
        offline = self._offline()
        if offline is not None:
            return self._completed(offline), "offline"
        if not self._plain and (self._may_be_unknown or self._shape is None):
            return UNKNOWN, "unknown"
        if self._shape is None:
            raise EngineFailure(
                "answers",
                f"{self._token} needs an answer: its result has no declared shape to make one up from; "
                "add this entry to the answers file",
            )
        return self._completed({}), "placeholder"

    def _offline(self) -> Partial | None:
        known = OFFLINE.get(normal_token(self._token))
        if known is None or contains_unknown(self._args):
            return None
        try:
            return known(self._args, self._facts)
        except (AttributeError, KeyError, TypeError) as error:
            # Dict arguments reach us as the program wrote them: the SDK does not check them.
            sentence = f"{self._token}: an argument is not of the form the function declares ({error!r})"
            raise EngineFailure("program", sentence) from error

    def _completed(self, known: Partial) -> Properties:
        """``known`` and what else the declared shape asks for."""
        fields = self._shape.fields if self._shape else {}
        result = {name: self._field(name, fields.get(name, Shape("string")), known) for name in {**fields, **known}}
        return {name: value for name, value in result.items() if value is not None}

    def _field(self, name: str, shape: Shape, known: Partial) -> Wire:
        """A field that is not known repeats the argument of its name, as results do; else it is made up."""
        value = known.get(name, MadeUp)
        if name in known and not isinstance(value, MadeUp):
            return value
        given = self._args.get(name)
        if name not in known and shape.accepts(given) and not contains_unknown(given):
            # A filter by tags finds things that have further tags.
            return given if shape.kind != "map" else {**given, **self._make_up(shape, f"{RESULT}.{name}")}
        if name not in known and name in ("region", "project") and getattr(self._call, name):
            return getattr(self._call, name)
        return None if shape.optional else self._make_up(shape, f"{RESULT}.{name}")

    def _make_up(self, shape: Shape, path: str) -> Wire:
        """A placeholder of a shape; ``path`` leads to it."""
        field = path.removeprefix(f"{RESULT}.").partition(".")[0].partition("[")[0]
        if field not in self.made_up:
            self.made_up.append(field)
        return self._value(shape, path, path.rpartition(".")[2].partition("[")[0], 0)

    def _value(self, shape: Shape, path: str, name: str, index: int) -> Wire:
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
        spot = Spot(self._call, name, path, index, self._functions.placeholders)
        if shape.kind == "number":
            return float(spot.core)
        if shape.kind == "map":
            return {f"placeholder-{spot.core}": f"placeholder-{spot.core}"}
        return lookalike(spot)

    def entry(self, show_args: bool) -> str:
        """The text to add to the answers file for this call."""
        marks = self._functions.placeholders
        shown = {} if not show_args else {key: item for key, item in self._args.items() if not _passing(item, marks)}
        return entry_text(self._token, shown, self._shape, self.made_up)


def _passing(value: Wire, marks: Placeholders) -> bool:
    """Whether a value is none of the program's own: it says nothing in an entry for later runs."""
    return contains_unknown(value) or marks.found_in(value)
