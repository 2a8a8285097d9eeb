"""The settings of HPC-AI: which there are, which are secret, and the host.

Source: docs/vendors/hpcai.md, HPC-2 (hosts), HPC-4 to HPC-7.
"""

from __future__ import annotations

from pulumi_nbcloud.clouds.hpcai.identity import IDENTITY, VARIABLES
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Variables

API_KEY = CredentialSet(("apiKey",))
ACCESS_TOKEN = CredentialSet(("accessToken",))
LOGIN = CredentialSet(("username", "password"))

SCHEMA = Schema(
    cloud="hpcai",
    credentials=(API_KEY, ACCESS_TOKEN, LOGIN),
    free=("endpoint",),
    environment=(Variables.of(IDENTITY, VARIABLES),),
    identity=IDENTITY,
    about={
        "apiKey": "a key, sent in the header `X-API-Key`",
        "accessToken": "a token, sent in the cookie `AccessToken`; it lasts a day",
        "username": "the user who logs in",
        "password": "the password of the login",
        "endpoint": "scheme and host of the cloud, with or without `/api`; `https://hpc-ai.com` if not set",
    },
    public=frozenset({"username"}),
)

DEFAULT_ENDPOINT = "https://hpc-ai.com"
