"""Run the command as `python -m pulumi_nbcloud.cli`."""

from __future__ import annotations

from pulumi_nbcloud.cli import main

main()
