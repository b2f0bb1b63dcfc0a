"""The ResourceMonitor service: what a program talks to.

One class serves both ways: as an object inside the program's own process (``Settings(monitor=...)``, without any
serialisation) and behind gRPC for other processes (:mod:`serve`). Every method takes the request and raises
:class:`EngineFailure`; the first failure ends the preview.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from .assets import with_hashes
from .callbacks import Callbacks
from .checks import Checker
from .classes import SdkClasses
from .facts import ProviderFacts
from .frames import UserCode
from .functions import Functions
from .hooks import Hooks
from .invokes import Invokes
from .naming import Autonaming
from .outputs import for_program
from .providers import PackageReference, Providers
from .reads import read_record
from .records import STACK_TYPE, EngineFailure, JobSpec, ResourceRecord
from .registration import NoPacks, Packs, Registration
from .registry import Registry
from .transforms import Transforms
from .urns import make_urn
from .values import UNKNOWN, Properties, from_struct, to_struct

FEATURES = {
    "secrets": "SECRETS",
    "resourceReferences": "RESOURCE_REFERENCES",
    "outputValues": "OUTPUT_VALUES",
    "aliasSpecs": "ALIAS_SPECS",
    "deletedWith": "DELETED_WITH",
    "replaceWith": "REPLACE_WITH",
    "transforms": "TRANSFORMS",
    "invokeTransforms": "INVOKE_TRANSFORMS",
    "parameterization": "PARAMETERIZATION",
    "resourceHooks": "RESOURCE_HOOKS",
    "errorHooks": "ERROR_HOOKS",
    "replacementTrigger": "REPLACEMENT_TRIGGER",
    "stateMigrations": "STATE_MIGRATIONS",
}
"""Features this monitor has, by the names of SupportsFeature and of GetDeploymentInfo. State migrations and error hooks
are accepted and never run: a first preview has no old state and creates nothing that could fail."""

_PREFIX = "RESOURCE_MONITOR_FEATURE_"

if TYPE_CHECKING:  # the stub declares its methods as attributes, which no class can override in mypy's eyes

    class _Stub: ...

else:
    _Stub = resource_pb2_grpc.ResourceMonitorStub


class Monitor(_Stub):
    """Answers a program's requests and keeps what it registered.

    It passes for the client's stub, whose every method it has: SDKs before 3.237 offer transforms and hooks to nothing
    else. It never becomes one, as it does not call the stub's constructor.

    :param packs: gives the policy packs once they are ready (it may wait), see :class:`registration.Packs`.
    :param in_process: whether the program runs in this process (see :class:`invokes.Invokes`).
    """

    def __init__(
        self,
        job: JobSpec,
        packs: Callable[[], Packs] = NoPacks,
        in_process: bool = True,
    ) -> None:
        self._job = job
        self.registry = Registry(job.workdir / "progress")
        self.user_code = UserCode([job.root, job.program_directory])
        self.functions = Functions(job)
        self.callbacks = Callbacks()
        self._completed: set[str] = set()
        self._transforms = Transforms(self.callbacks)
        self._hooks = Hooks(self.callbacks, lambda message, urn: self.registry.say("warning", message, urn))
        self._providers = Providers(job, self._default_provider, self.functions.placeholders.scrub)
        self._registration = Registration(
            job,
            self.registry,
            self.user_code,
            Checker(ProviderFacts(job.provider_facts), Autonaming(job)),
            SdkClasses(),
            self._providers,
            self._transforms,
            self._hooks,
            self.functions.placeholders,
            packs,
        )
        self._invokes = Invokes(
            self.registry, self._providers, self._transforms, self.functions, self.user_code, in_process
        )

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """The program runs in this event loop, which tells where its functions are called from."""
        self._invokes.call_sites.watch(loop)

    def _default_provider(self, record: ResourceRecord) -> None:
        self._registration.add_default_provider(record)

    def _guarded(self, answer: Callable[[Any], Any], request: Any) -> Any:
        """Answer unless the preview has failed, and remember a failure."""
        self.registry.check()
        try:
            return answer(request)
        except EngineFailure as failure:
            raise self.registry.fail(failure) from None

    def GetDeploymentInfo(self, _request: Any) -> Any:
        """What is being deployed, and what this monitor can do."""
        return resource_pb2.DeploymentInfo(
            project=self._job.project,
            stack=self._job.stack,
            organization=self._job.organization,
            config=self._job.config,
            configSecretKeys=self._job.config_secret_keys,
            dryRun=True,
            supportedFeatures=[
                number
                for number in (getattr(resource_pb2, _PREFIX + name, None) for name in FEATURES.values())
                if number is not None
            ],
        )

    def SupportsFeature(self, request: Any) -> Any:
        """Whether a feature is implemented."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def RegisterResource(self, request: Any) -> Any:
        """Register a resource: the answer holds what is known of its outputs."""
        record: ResourceRecord = self._guarded(self._registration.register, request)
        known = for_program(record.outputs) if record.custom else {}
        return resource_pb2.RegisterResourceResponse(urn=record.urn, id=record.id, object=to_struct(known))

    def RegisterResourceOutputs(self, request: Any) -> Any:
        """Take the outputs of a component or the exports of the stack."""
        return self._guarded(self._take_outputs, request)

    def _take_outputs(self, request: Any) -> empty_pb2.Empty:
        record = self.registry.get(request.urn)
        if record is None:
            raise EngineFailure("internal", f"outputs of the unknown resource {request.urn}")
        if request.urn in self._completed and record.type != STACK_TYPE:
            sentence = f"cannot complete a resource '{request.urn}' whose registration isn't pending"
            raise EngineFailure("program", f"{sentence}: register_outputs() is called once")
        self._completed.add(request.urn)
        outputs, _ = self.functions.placeholders.scrub(from_struct(request.outputs))
        record.outputs = with_hashes(outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:
        """Refer to a resource that exists already; nothing is fetched."""
        record: ResourceRecord = self._guarded(self._read, request)
        response = resource_pb2.ReadResourceResponse(urn=record.urn, properties=to_struct(for_program(record.outputs)))
        if "id" in response.DESCRIPTOR.fields_by_name:
            response.id = record.id
        return response

    def _read(self, request: Any) -> ResourceRecord:
        job, frames = self._job, self._registration.frames_of(request)
        urn = make_urn(job.stack, job.project, request.parent, request.type, request.name)
        package = getattr(request, "packageRef", "")
        with self.registry.lock:
            provider = self._providers.serving(
                request.type, request.provider, request.version, request.pluginDownloadURL, package, request.type
            )
        record = read_record(request, urn, provider, job, frames[0].place() if frames else None)
        record.source, record.frames = frames[0] if frames else None, frames
        record.inputs, _ = self.functions.placeholders.scrub(record.inputs)
        record.outputs, _ = self.functions.placeholders.scrub(record.outputs)
        if record.outputs["id"] == UNKNOWN:
            record.id = ""
        self.registry.reserve(record)
        self.registry.add(record)
        return record

    def ExistsResource(self, _request: Any) -> Any:
        """Whether a resource exists cannot be known without the cloud."""
        return resource_pb2.ExistsResourceResponse(unknown=True)

    def Invoke(self, request: Any) -> Any:
        """Call a provider function."""
        return self._guarded(self._invokes.invoke, request)

    def Call(self, request: Any) -> Any:
        """Call a method of a remote component."""
        return self._guarded(self._call, request)

    def _call(self, request: Any) -> Any:
        return self._invokes.call(request, self._registration.frames_of(request))

    def RegisterPackage(self, request: Any) -> Any:
        """Name a parameterized package."""
        # The version of a parameterized package is its own, not that of the plugin that serves it.
        declared = request.parameterization if request.HasField("parameterization") else request
        reference = PackageReference(declared.name, declared.version, request.download_url)
        return resource_pb2.RegisterPackageResponse(ref=self._providers.add_package(reference))

    def RegisterStackTransform(self, request: Any) -> empty_pb2.Empty:
        """Add a transform of all resources."""
        self._transforms.add_stack_transform(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any) -> empty_pb2.Empty:
        """Add a transform of all functions."""
        self._transforms.add_invoke_transform(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any) -> empty_pb2.Empty:
        """Make a hook known by its name."""
        self._hooks.add(request)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, _request: Any) -> empty_pb2.Empty:
        """Accept an error hook, which no preview runs."""
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, _request: Any) -> empty_pb2.Empty:
        """The program has nothing more to register."""
        return empty_pb2.Empty()

    def stack_outputs(self) -> Properties:
        """The exports of the stack, wire values."""
        for record in self.registry.records:
            if record.type == STACK_TYPE:
                return record.outputs
        return {}
