"""Function calls: transforms, the provider that serves them, and the form of the answer."""

from typing import Any

from pulumi.runtime.proto import provider_pb2, resource_pb2

from .callsite import NOT_SEEN, CallSites
from .frames import UserCode
from .functions import Functions
from .providers import Providers
from .records import EngineFailure
from .registry import Registry
from .transforms import Transforms
from .values import UNKNOWN, Properties, from_struct, to_struct

GET_RESOURCE = "pulumi:pulumi:getResource"
_InvokeResponse: Any = getattr(resource_pb2, "ResourceInvokeResponse", None) or provider_pb2.InvokeResponse
"""The type of the answer; older SDKs take the providers' own."""
_KNOWS_UNKNOWN = "unknown" in _InvokeResponse.DESCRIPTOR.fields_by_name
_UNKNOWN_RESULT = to_struct({"unknown": UNKNOWN})


class Invokes:
    """Answers ``Invoke`` and ``Call``.

    :param in_process: True when requests come from SDK code of this process, whose stack tells the form of a call.
        Calls from another process count as output form: their answers are known or unknown, never made up.
    """

    def __init__(
        self,
        registry: Registry,
        providers: Providers,
        transforms: Transforms,
        functions: Functions,
        user_code: UserCode,
        in_process: bool,
    ) -> None:
        self._registry, self._providers, self._transforms = registry, providers, transforms
        self._functions, self._in_process = functions, in_process
        self.call_sites = CallSites(user_code)

    def invoke(self, request: Any) -> Any:
        """Answer one function.

        :raises EngineFailure: it cannot be answered, or is refused.
        """
        args = from_struct(request.args)
        if request.tok == GET_RESOURCE:
            return _response(self._get_resource(args))
        options = resource_pb2.TransformInvokeOptions(
            provider=request.provider, version=request.version, plugin_download_url=request.pluginDownloadURL
        )
        args, options = self._transforms.apply_to_invoke(request.tok, args, options)
        with self._registry.lock:
            provider = self._providers.serving(
                request.tok,
                options.provider,
                options.version,
                options.plugin_download_url,
                getattr(request, "packageRef", ""),
                request.tok,
            )
        site = self.call_sites.of(request) if self._in_process else NOT_SEEN
        answer = self._functions.answer(
            request.tok,
            args,
            provider,
            site.plain,
            site.frames,
            result_type=site.result_type,
            secret=site.secret,
            may_be_unknown=_KNOWS_UNKNOWN,
        )
        if isinstance(answer.result, str):
            return _unknown_response()
        return _response(answer.result)

    def call(self, request: Any, frames: Any) -> Any:
        """Answer a method of a component in another package: always unknown."""
        itself = from_struct(request.args).get("__self__")
        urn = itself.get("urn", "") if isinstance(itself, dict) else ""
        self._functions.unknown_call(request.tok, urn, frames)
        # An empty result would be a known nothing; the SDK takes a result with an unknown in it as unknown.
        response = resource_pb2.CallResponse() if hasattr(resource_pb2, "CallResponse") else _provider_call_response()
        getattr(response, "return").CopyFrom(_UNKNOWN_RESULT)
        return response

    def _get_resource(self, args: Properties) -> Properties:
        record = self._registry.get(str(args.get("urn")))
        if record is None:
            raise EngineFailure("program", f"unknown resource {args.get('urn')}")
        return {"urn": record.urn, "id": record.id, "state": record.outputs}


def _provider_call_response() -> Any:
    from pulumi.runtime.proto import provider_pb2

    return provider_pb2.CallResponse()


def _response(result: Properties) -> Any:
    response = _InvokeResponse()
    getattr(response, "return").CopyFrom(to_struct(result))
    return response


def _unknown_response() -> Any:
    if _KNOWS_UNKNOWN:
        return _InvokeResponse(unknown=True)
    response = _InvokeResponse()
    getattr(response, "return").CopyFrom(_UNKNOWN_RESULT)
    return response
