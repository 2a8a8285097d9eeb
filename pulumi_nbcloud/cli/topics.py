"""The topics of `nbcloud help` besides the commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_nbcloud.cli import exit_codes, help_page

TARGETS = """
A target is one thing, or one list, of a cloud. nbcloud kinds lists the kinds.

  KIND/ID                a thing:  hpcai:Instance/notebook-4f1c6d5e
  KIND/A/B/C             an id of several parts; a / in a part is written %2F
  KIND?FILTER=VALUE      a list:   'modelarts:DevServerJobs?status=PROCESSING'
  KIND/ID?profile=NAME   with the credentials of a profile

The shell must not see ? and &: put quotes around a target that has them.

wait and explain take several targets. Each has a name then, and conditions
call it by that name:

  nbcloud wait job=modelarts:DevServerJob/ID lease=modelarts:NotebookLease/ID

A single target without a name is called self.
"""

CONDITIONS = """
--until and --fail-on take a condition: a CEL expression over the targets.

  self.running                               a single target is called self
  job.status == "FINISHED" && lease.running  several are called by their names
  lease.expire_time - now > duration("30m")  times can be compared with now
  has(self.kernel)                           whether a field is there
  size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")

A single word is a condition that each kind says itself, like ready, finished
or stopped. With several targets it must hold for each of them:

  ready

nbcloud kinds KIND lists its words, and its fields with their known values.
nbcloud explain says whether a condition can be right; it sends nothing.

Without --until a wait ends when each target can be used, as its kind says.
A field that is not there decides nothing: the wait goes on.
"""

SETTINGS = """
Credentials and endpoints come from the first of these that has them:

  1. the file that --settings or NBCLOUD_SETTINGS names: JSON with the keys
     of Pulumi config, like {"hpcai": {"apiKey": "..."}}
  2. the environment: NBCLOUD_HPCAI_API_KEY and the like
  3. the vendors' variables: HUAWEICLOUD_SDK_AK, HPCAI_API_KEY, OCI_...
  4. the vendors' files: ~/.huaweicloud/credentials, ~/.oci/config

Credentials are taken whole from one of them. Pulumi config is not read.

nbcloud doctor says what was found, and whether the cloud accepts it.
nbcloud explain shows each setting with its source.
"""


@dataclass(frozen=True)
class Topic:
    """One topic.

    Args:
        about: its subject, in a few words.
        text: returns its text.
    """

    about: str
    text: Callable[[], str]


TOPICS: dict[str, Topic] = {
    "targets": Topic("How a target is written", lambda: TARGETS.strip("\n")),
    "conditions": Topic("What --until and --fail-on take", lambda: CONDITIONS.strip("\n")),
    "settings": Topic("Where credentials and endpoints come from", lambda: SETTINGS.strip("\n")),
    "exit-codes": Topic("What each exit code means", lambda: _exit_codes()),
}


def _exit_codes() -> str:
    return "\n".join(help_page.definitions(exit_codes.rows()))
