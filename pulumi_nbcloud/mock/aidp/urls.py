"""The routes of the AIDP mock; nothing else."""

from __future__ import annotations

from pulumi_nbcloud.mock.wire import Route

GET_SESSION = "GetSession"

# The page's path; the user guide's with /api before it; that of older tenancies (docs/vendors/aidp.md, DP-2 to DP-4).
PREFIX = "/20260430/aiDataPlatforms"
GUIDE_PREFIX = "/api/20260430/aiDataPlatforms"
OLDER_PREFIX = "/20240831/dataLakes"
PREFIXES = (PREFIX, GUIDE_PREFIX, OLDER_PREFIX)

_SESSION = "/{platform_id}/workspaces/{workspace_key}/notebook/api/sessions/{session_id}"

ROUTES: tuple[Route, ...] = tuple(Route("GET", prefix + _SESSION, GET_SESSION) for prefix in PREFIXES)
