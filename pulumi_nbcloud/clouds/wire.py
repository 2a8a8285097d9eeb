"""What every cloud's reader does with the body of a response."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from pulumi_nbcloud.errors import lasting
from pulumi_nbcloud.http.messages import Reply

WireT = TypeVar("WireT")


def parse_reply(reply: Reply, wire: type[WireT]) -> WireT:
    """Read a successful reply into a model.

    Args:
        reply: what the account gave.
        wire: what the vendor's page describes, as a pydantic model or dataclass; unknown fields are ignored.

    Returns:
        The model.

    Raises:
        BadResponseError: the answer does not fit; names the first field that does not, never its value.
    """
    try:
        validated: WireT = _adapter(cast("Any", wire)).validate_python(reply.json())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        what = f"{reply.text(path, 80)}: {first['msg']}" if path else first["msg"]
        bad = reply.bad(
            f"the answer is not what the vendor's page describes: {what}",
            hint="check the endpoint; if it is right, please report this",
        )
        # A field may be odd for a while; a list in place of an object is something else's answer.
        raise (bad if path else lasting(bad)) from None
    return validated


@lru_cache(maxsize=64)
def _adapter(wire: type) -> TypeAdapter[Any]:
    return TypeAdapter(wire)
