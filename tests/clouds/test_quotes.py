"""Quotation marks and comments that a tool left in a value: refused before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from nbcloud_support import NO_CONFIG

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.aidp.account import AidpAccount
from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.sources import variable

HINT = "take the marks off: docker --env-file, for example, makes them a part of the value"
PAIR = {"accessKey": "ak", "secretKey": "sk", "region": "cn-north-4"}
USER = {"username": "u", "password": "p", "domainName": "d", "region": "cn-north-4"}
SETTINGS: tuple[tuple[type[Account], dict[str, str]], ...] = (
    (ModelArtsAccount, {**PAIR, "securityToken": "t", "projectId": "p", "endpoint": "https://m.example.com"}),
    (ModelArtsAccount, USER),
    (ModelArtsAccount, {"authToken": "t", "region": "cn-north-4"}),
    (HpcAiAccount, {"apiKey": "k", "proxy": "http://p.example:1"}),
    (HpcAiAccount, {"username": "u", "password": "p"}),
    (AidpAccount, {"tenancy": "t", "user": "u", "fingerprint": "f", "privateKey": "k", "passphrase": "p"}),
    (AidpAccount, {"signer": "module:make", "region": "us-ashburn-1"}),
)
CASES = [(kind, values, key) for kind, values in SETTINGS for key in values]


def made(kind: type[Account], config: Mapping[str, str] | None, environment: Mapping[str, str]) -> Account:
    reader: Any = NO_CONFIG if config is None else {f"nbcloud:{kind.schema.cloud}": config}.get
    return kind(resolve(kind.schema, None, reader, environment), Client())


@pytest.mark.parametrize("mark", ["'", '"'])
@pytest.mark.parametrize(("kind", "values", "key"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_a_value_within_quotes_is_refused(kind: type[Account], values: dict[str, str], key: str, mark: str) -> None:
    cloud = kind.schema.cloud
    quoted = {**values, key: f"{mark}{values[key]}{mark}"}
    with pytest.raises(SettingsError) as caught:
        made(kind, None, {variable(cloud, None, name): value for name, value in quoted.items()})
    assert str(caught.value) == (
        f"{cloud} {key} (from the environment (NBCLOUD_{cloud.upper()}_…)) begins and ends with a quotation mark; "
        f"nothing was sent\nhint: {HINT}"
    )


@pytest.mark.parametrize("mark", ["#", ";"])
@pytest.mark.parametrize(("kind", "values", "key"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_a_comment_behind_a_value_is_refused(kind: type[Account], values: dict[str, str], key: str, mark: str) -> None:
    cloud = kind.schema.cloud
    if key in ("password", "passphrase"):
        return  # a user may choose it so
    commented = {**values, key: f"{values[key]} {mark} of the tests"}
    with pytest.raises(SettingsError) as caught:
        made(kind, None, {variable(cloud, None, name): value for name, value in commented.items()})
    assert str(caught.value) == (
        f'{cloud} {key} (from the environment (NBCLOUD_{cloud.upper()}_…)) holds " {mark}", which begins no comment '
        "there; nothing was sent\nhint: put the comment into a line of its own"
    )


def test_a_comment_in_huaweis_file_is_no_part_of_a_key(tmp_path: Any) -> None:
    (tmp_path / ".huaweicloud").mkdir()
    (tmp_path / ".huaweicloud" / "credentials").write_text("[basic]\nak = ak\nsk = sk # of the tests\n")
    with pytest.raises(SettingsError, match=r'secretKey .* holds " #"'):
        made(ModelArtsAccount, None, {"HOME": str(tmp_path), "HW_REGION_NAME": "cn-north-4"})


def test_a_vendors_variable_and_its_file_are_no_exception(tmp_path: Any) -> None:
    pair = {"HUAWEICLOUD_SDK_AK": '"ak"', "HUAWEICLOUD_SDK_SK": '"sk"', "HW_REGION_NAME": "cn-north-4"}
    with pytest.raises(SettingsError, match="begins and ends with a quotation mark"):
        made(ModelArtsAccount, None, pair)
    (tmp_path / ".huaweicloud").mkdir()
    (tmp_path / ".huaweicloud" / "credentials").write_text('[basic]\nak = "ak"\nsk = "sk"\n')
    with pytest.raises(SettingsError, match="begins and ends with a quotation mark"):
        made(ModelArtsAccount, None, {"HOME": str(tmp_path), "HW_REGION_NAME": "cn-north-4"})


def test_a_password_in_pulumi_config_may_be_so() -> None:
    """No tool adds marks there, and a user may have chosen them."""
    assert made(ModelArtsAccount, {**USER, "password": '"p"'}, {}).settings.values["password"] == '"p"'


@pytest.mark.parametrize("secret", ['"', "'", "\"sk'", 's"k', '"sk', "sk'"])
def test_marks_that_are_no_pair_are_a_part_of_the_value(secret: str) -> None:
    assert made(ModelArtsAccount, {**PAIR, "secretKey": secret}, {}).settings.values["secretKey"] == secret
