"""The stored form of this package's providers: the same text, whichever Python ran the program.

The SDK pickles the provider of a dynamic resource with the default protocol of the running Python, which is 5 from
Python 3.14 on and 4 before. Those of this package are pickled here with one protocol. Nothing of the SDK is changed,
and the providers of other packages are pickled as before. Every Python reads either form.
"""

from __future__ import annotations

import base64
import pickle
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.dynamic

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.program.checks import take_strictly
from pulumi_nbcloud.program.inputs import as_run_error

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

# Every Python from 3.10 on reads 5 too, but states have held 4 all along.
PROTOCOL = 4
_KEY = "__provider"


def serialized(provider: ResourceProvider) -> str:
    """Writes a provider as it is stored.

    Args:
        provider: one of this package: a class that can be imported, and plain attributes.

    Returns:
        The text, byte for byte the one that the SDK itself makes up to Python 3.13.
    """
    return base64.b64encode(pickle.dumps(provider, protocol=PROTOCOL)).decode()


class _Handed(pulumi.CustomResource):
    """Receives what the SDK's dynamic resource passes to the next class, which here is this one."""

    _serialized: str

    def __init__(self, t: str, name: str, props: pulumi.Inputs | None = None, *others: Any, **named: Any) -> None:
        given = dict(props or {})
        theirs = given.get(_KEY)
        # The SDK decides whether it is secret.
        ours = theirs.apply(lambda _: self._serialized) if isinstance(theirs, pulumi.Output) else self._serialized
        super().__init__(t, name, {**given, _KEY: ours}, *others, **named)


class StoredResource(pulumi.dynamic.Resource, _Handed):
    """A dynamic resource whose provider is stored equally on every Python: the base of all resources here."""

    def __init_subclass__(cls, module: str = "", name: str = "Resource", **others: Any) -> None:
        super().__init_subclass__(module=module, name=name, **others)
        take_strictly(cls)

    @classmethod
    def get(cls, *_: Any, **__: Any) -> Any:
        """Refuses: other resources adopt something with `get`, which this package only reads.

        Raises:
            InputError: always; the hint says what to write instead.
        """
        raise as_run_error(cls._has_no_get())

    @classmethod
    def _has_no_get(cls) -> InputError:
        return InputError(
            f"{cls.__name__} has no get: it creates nothing that could be adopted",
            hint=f'declare it: {cls.__name__}("name", ...)',
        )

    def __init__(
        self,
        provider: ResourceProvider,
        resource_name: str,
        props: pulumi.Inputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            provider: its provider, one of this package.
            resource_name: its name in the stack.
            props: its inputs, and None for each output.
            opts: resource options.
        """
        # Here and not in the class: the reference lists the arguments in the docstrings of a gate's bases.
        self._serialized = serialized(provider)
        super().__init__(provider, resource_name, props, opts)
