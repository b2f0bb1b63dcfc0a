"""Calls back into the program: transforms and hooks live in a server that the SDK starts."""

import re
import threading
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc

_MAXIMUM_BYTES = 400 * 1024 * 1024
"""As in Pulumi's own channels (``pulumi/runtime/_grpc_settings.py``): assets travel inside messages."""

CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", _MAXIMUM_BYTES),
    ("grpc.max_send_message_length", _MAXIMUM_BYTES),
]

_PREFIX = re.compile(r"^Invoke callback \S+ error: ")
"""What the SDK puts before an exception's text; it holds a token that is another in every run."""

Response = TypeVar("Response", bound=Message)


class CallbackFailure(Exception):
    """A callback raised in the program; the text is what it said."""


class Callbacks:
    """Channels to the program's callback servers, one per address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stubs: dict[str, callback_pb2_grpc.CallbacksStub] = {}
        self._channels: list[grpc.Channel] = []

    def call(self, callback: callback_pb2.Callback, request: Message, response: type[Response]) -> Response:
        """Run one callback.

        :raises CallbackFailure: it raised.
        """
        message = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
        try:
            answer = self._stub(callback.target).Invoke(message)
        except grpc.RpcError as error:
            raise CallbackFailure(_PREFIX.sub("", error.details() or "")) from None
        return response.FromString(answer.response)

    def _stub(self, target: str) -> callback_pb2_grpc.CallbacksStub:
        with self._lock:
            if target not in self._stubs:
                channel = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
                self._channels.append(channel)
                self._stubs[target] = callback_pb2_grpc.CallbacksStub(channel)
            return self._stubs[target]

    def close(self) -> None:
        """Close the channels."""
        for channel in self._channels:
            channel.close()
