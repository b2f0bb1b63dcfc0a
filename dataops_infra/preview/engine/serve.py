"""The same services over gRPC on the loopback interface: the engine for packs, the monitor for other languages."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from .callbacks import CHANNEL_OPTIONS
from .monitor import Monitor
from .records import EngineFailure
from .service import Engine

_THREADS = 32
"""A registration that runs transforms or waits for packs holds a thread; SDKs register dozens at once."""


class _Adapter:
    """Gives a service's methods to gRPC: a failure becomes a status, whose text the SDK shows."""

    def __init__(self, service: object) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Callable[[Any, grpc.ServicerContext], Any]:
        method = getattr(self._service, name, None)

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            if method is None:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{name} is not implemented")
            try:
                return method(request)
            except EngineFailure as failure:
                context.abort(grpc.StatusCode.UNKNOWN, str(failure))

        return answer


class Server:
    """A gRPC server on a free loopback port; ``address`` is ``127.0.0.1:port``.

    :param monitor: None serves the engine only, which is all that packs need.
    """

    def __init__(self, engine: Engine, monitor: Monitor | None = None) -> None:
        self._server = grpc.server(ThreadPoolExecutor(_THREADS), options=CHANNEL_OPTIONS)
        engine_pb2_grpc.add_EngineServicer_to_server(_Adapter(engine), self._server)  # type: ignore[arg-type]
        if monitor is not None:
            adapter: Any = _Adapter(monitor)
            resource_pb2_grpc.add_ResourceMonitorServicer_to_server(adapter, self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def stop(self) -> None:
        """Refuse further calls and end."""
        self._server.stop(grace=None).wait()
