"""Credentials that change while everything runs, in the mock clouds and where the package reads them.

ModelArts has a key pair in Huawei's file, AIDP a key in Oracle's file, and HPC-AI a login whose tokens are taken back.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from soak_texts import HostileClouds

from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND
from pulumi_nbcloud.mock.aidp.service import DEFAULT_USER
from pulumi_nbcloud.mock.modelarts.service import DEFAULT_PROJECT
from pulumi_nbcloud.mock.settings import as_environment


class Keys:
    """The credentials of one run.

    Args:
        clouds: they serve already.
        folder: stands for the home of the user.
    """

    def __init__(self, clouds: HostileClouds, folder: Path) -> None:
        self._clouds = clouds
        self._folder = folder
        self._pairs = 0
        self._keys = 0
        self._lock = threading.Lock()
        self._changes: list[tuple[str, float, float]] = []
        (folder / ".huaweicloud").mkdir()
        (folder / ".oci").mkdir()
        self._new_pair()
        self._new_key()

    def environment(self) -> dict[str, str]:
        """What makes a process use them."""
        given = self._clouds.settings()
        settings = {
            "modelarts": {name: given["modelarts"][name] for name in ("region", "endpoint")},
            "aidp": {"endpoint": given["aidp"]["endpoint"]},
            "hpcai": self._clouds.hpcai.login_settings(),
        }
        return {**as_environment(settings), "HOME": str(self._folder)}

    def change(self, cloud: str) -> None:
        """Change those of one cloud, at both ends."""
        changes: dict[str, Callable[[], object]] = {
            "modelarts": self._new_pair,
            "aidp": self._new_key,
            "hpcai": self._clouds.hpcai.revoke_tokens,
        }
        begun = time.monotonic()
        with self._clouds.at_once():
            changes[cloud]()
        with self._lock:
            self._changes.append((cloud, begun, time.monotonic()))

    def changed(self, cloud: str, begun: float, ended: float) -> bool:
        """Whether those of a cloud changed in a time: nothing else excuses a refusal."""
        with self._lock:
            return any(each == cloud and first <= ended and last >= begun for each, first, last in self._changes)

    def _new_pair(self) -> None:
        before, self._pairs = self._pairs, self._pairs + 1
        access_key, secret_key = f"SOAK-{self._pairs}", f"secret-{self._pairs}"
        path = self._folder / ".huaweicloud" / "credentials"
        new = path.with_suffix(".new")
        new.write_text(f"[basic]\nak = {access_key}\nsk = {secret_key}\nproject_id = {DEFAULT_PROJECT}\n")
        os.replace(new, path)
        self._clouds.modelarts.add_account(access_key, secret_key, projects=[DEFAULT_PROJECT])
        if before:
            # The mock forgets no account: with another secret the old key opens nothing.
            self._clouds.modelarts.add_account(f"SOAK-{before}", "taken-back", projects=[DEFAULT_PROJECT])

    def _new_key(self) -> None:
        self._keys += 1
        self._clouds.aidp.add_account(DEFAULT_USER, (FIRST, SECOND)[self._keys % 2].pem())
        self._clouds.aidp.write_config(self._folder / ".oci")
