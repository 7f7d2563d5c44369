"""Wraps a target in another process as an adapter object, which returns its results and raises exceptions."""

from collections.abc import Callable

from conformance.json_type import Json
from conformance.targets.connection import Connection
from conformance.wire.answers import NotSupported, Refusal, Refused, Result


class ConnectedAdapter:
    """Sends each method call over the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __getattr__(self, method: str) -> Callable[..., Json]:
        return lambda **params: self._ask(method, params)

    def _ask(self, method: str, params: dict[str, Json]) -> Json:
        answer = self._connection.call(method, **params)
        match answer:
            case Result(value):
                return value
            case Refused(kind, message):
                raise Refusal(kind, message)
            case NotSupported():
                raise NotImplementedError
        kind, _, text = answer.message.partition(": ")
        raise type(kind, (Exception,), {})(text)  # keeps the message of the answer
