"""What every cloud's reader does with the body of a response."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pulumi_nbcloud.http.messages import Reply

WireT = TypeVar("WireT", bound=BaseModel)


def parse_reply(reply: Reply, wire: type[WireT]) -> WireT:
    """Read a successful reply into a model.

    Args:
        reply: what the account gave.
        wire: what the vendor's page describes; unknown fields are ignored.

    Returns:
        The model.

    Raises:
        BadResponseError: the answer does not fit; names the first field that does not, never its value.
    """
    try:
        return wire.model_validate(reply.json())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        what = f"{reply.text(path, 80)}: {first['msg']}" if path else first["msg"]
        raise reply.bad(
            f"the answer is not what the vendor's page describes: {what}",
            hint="check the endpoint; if it is right, please report this",
        ) from None
