"""Starts the native provider in the environment that Pulumi makes of this folder.

See docs/guides/languages.md for how a program gets it.
"""

from pulumi_nbcloud.native.__main__ import main

main()
