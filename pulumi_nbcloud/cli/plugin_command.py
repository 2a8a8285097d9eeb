"""The command `nbcloud plugin`: let the Pulumi CLI find the native provider of this environment."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from pulumi_nbcloud.cli import output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode


class Action(str, Enum):
    """What to do with the plugin."""

    INSTALL = "install"
    PATH = "path"
    UNINSTALL = "uninstall"


def plugin(
    action: Annotated[Action, typer.Argument(metavar="ACTION", help="install, path or uninstall.")],
) -> None:
    """Let Pulumi find the plugin for TypeScript, Go and YAML programs.

    install writes a stub into the folder where the Pulumi CLI keeps plugins, $PULUMI_HOME/plugins. It starts the plugin
    of the environment that this command is installed into. Run it again after an upgrade.

    path prints the folder to name under plugins.providers in Pulumi.yaml; nothing is written then. uninstall removes
    the stubs of this environment.
    """
    work = {Action.INSTALL: _install, Action.PATH: _path, Action.UNINSTALL: _uninstall}

    def checked() -> ExitCode:
        from pulumi_nbcloud.cli import archive

        archive.check_available("plugin")
        return work[action]()

    running.finish(checked)


def _install() -> ExitCode:
    from pulumi_nbcloud.cli import plugin_stub

    done = plugin_stub.install()
    lines = [f"{'wrote' if done.written else 'already there:'} {done.path}", f"starts {done.program}"]
    if done.replaced is not None:
        lines.append(f"replaced a stub that started {done.replaced}")
    lines += [f"removed {each}, which started the same program" for each in done.removed]
    output.result("\n".join(lines))
    found = plugin_stub.on_path()
    if found is not None:
        output.say(
            f"warning: PATH has {found}; Pulumi takes that one first, and warns in each run\n"
            "hint: set PULUMI_IGNORE_AMBIENT_PLUGINS=true, or run pulumi outside of that environment"
        )
    return ExitCode.MET


def _path() -> ExitCode:
    from pulumi_nbcloud.cli import plugin_stub

    output.result(str(plugin_stub.program().parent))
    return ExitCode.MET


def _uninstall() -> ExitCode:
    from pulumi_nbcloud.cli import plugin_stub

    plugins, removed = plugin_stub.uninstall()
    lines = [f"removed {each}" for each in removed]
    output.result("\n".join(lines) or f"nothing to remove: no stub of this environment is in {plugins}")
    return ExitCode.MET
