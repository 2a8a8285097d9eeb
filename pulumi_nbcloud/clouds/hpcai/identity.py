"""The variables that HPC-AI's own package reads, and how this package treats each.

Source: docs/vendors/hpcai.md, HPC-7, HPC-27.
"""

from __future__ import annotations

from pulumi_nbcloud.settings.identity import Chooses, Entry, Treatment

VARIABLES = "HPCAI_…"

IDENTITY = (
    Entry("HPCAI_API_KEY", "hpcai", Chooses.SIGN_IN, Treatment.HONOURED, VARIABLES, "apiKey"),
    Entry(
        "HPCAI_BASE_URL",
        "hpcai",
        Chooses.HOST,
        Treatment.HONOURED,
        VARIABLES,
        "endpoint",
        reason="its scheme and host; a path other than the package's own is refused",
        bound=True,
        paths=("/finetunesdk", "/api"),
    ),
)
