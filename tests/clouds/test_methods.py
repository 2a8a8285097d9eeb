"""Each cloud has one authentication method for each of its credential sets, and the schema says what is secret."""

from __future__ import annotations

import importlib
import inspect

import pytest

from pulumi_nbcloud.clouds.credentials import Credentials
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds

CLOUDS = sorted({token.partition(":")[0] for token in KINDS})
# What names somebody or something and opens nothing; every other key of a credential set is hidden everywhere.
PUBLIC = {
    "modelarts": {"username", "domainName"},
    "hpcai": {"username"},
    "aidp": {"configFile", "configProfile", "tenancy", "user", "fingerprint", "signer"},
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_method_for_each_credential_set(cloud: str) -> None:
    account = importlib.import_module(f"pulumi_nbcloud.clouds.{cloud}.account")
    sets = [method.credential_set for method in account.METHODS]
    assert sorted(map(str, sets)) == sorted(map(str, account.SCHEMA.credentials))
    for method in account.METHODS:
        assert issubclass(method, Credentials)
        assert not inspect.isabstract(method)
        assert (inspect.getdoc(method) or "").strip()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_public_is_so_on_purpose(cloud: str) -> None:
    schema = next(load(token).account.schema for token in KINDS if token.startswith(f"{cloud}:"))
    assert schema.public == PUBLIC[cloud]
    assert {key for key in schema.keys if schema.secret(key)} == schema.credential_keys - schema.public | {"proxy"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_the_mock_keeps_secret_is_secret(clouds: MockClouds, cloud: str) -> None:
    """The mock knows nothing of this package, so its list is one of its own."""
    schema = next(load(token).account.schema for token in KINDS if token.startswith(f"{cloud}:"))
    found = clouds.service(cloud).secret_settings()
    assert found
    assert {key for key in found if schema.secret(key) is None} == set()
