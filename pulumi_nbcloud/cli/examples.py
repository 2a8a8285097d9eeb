"""The examples that `--help` shows, by command; a test runs each against the mock clouds that `nbcloud mock` serves."""

from __future__ import annotations

from dataclasses import dataclass

# The content of the mock clouds, so a pasted example works.
_LEASE = "modelarts:NotebookLease/4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"
_STOPPED = "modelarts:NotebookLease/4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e02"
_JOB = "modelarts:DevServerJob/4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04"
_INSTANCE = "hpcai:Instance/notebook-4f1c6d5e"


@dataclass(frozen=True)
class Example:
    """One example.

    Args:
        about: its purpose, in a few words.
        line: the command line; longer ones continue after a backslash.
    """

    about: str
    line: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "": (
        Example("what there is to read", "nbcloud kinds"),
        Example("read one thing", f"nbcloud get {_INSTANCE}"),
        Example("wait until it can be used", f"nbcloud wait {_INSTANCE}"),
        Example("why a cloud cannot be read", "nbcloud doctor modelarts"),
    ),
    "get": (
        Example("one thing", f"nbcloud get {_LEASE}"),
        Example("all of its fields", f"nbcloud get {_INSTANCE} --wide"),
        Example("as JSON, for a program", f"nbcloud get {_INSTANCE} -o json"),
        Example("a list with a filter", "nbcloud get 'modelarts:DevServerJobs?type=ASCEND_DIAGNOSIS'"),
    ),
    "wait": (
        Example("until it can be used", f"nbcloud wait {_INSTANCE}"),
        Example("until it has stopped, a condition of the kind", f"nbcloud wait {_STOPPED} \\\n  --until stopped"),
        Example(
            "until a condition over it holds", f"nbcloud wait {_JOB} \\\n  --until 'self.status == \"FINISHED\"' -t 2h"
        ),
        Example(
            "over several things, each with a name",
            f"nbcloud wait job={_JOB} \\\n  lease={_LEASE} \\\n"
            "  --until 'job.status == \"FINISHED\" && lease.running' -o json",
        ),
        Example("for days, an hour at a time", f"nbcloud wait {_INSTANCE} \\\n  -t 40h --hold 1h --resume wait.json"),
    ),
    "explain": (
        Example("what such a wait would do", f"nbcloud explain {_INSTANCE} -t 2h --consecutive 2"),
        Example(
            "whether a condition can be right",
            f"nbcloud explain {_LEASE} \\\n  --until 'self.running && self.duration > 3600000'",
        ),
    ),
    "history": (
        Example("all of them", "nbcloud history"),
        Example("what was not met in a week", "nbcloud history --since 7d --outcome failed --outcome timed_out"),
        Example("the wait of one gate, as a picture", "nbcloud history --name trained --since 1d --svg wait.svg"),
        Example("of a gate, as JSON", "nbcloud history --name trained -o json"),
        Example("keep no more than three months", "nbcloud history --keep 90"),
    ),
    "doctor": (
        Example("each cloud that is set up", "nbcloud doctor"),
        Example("one cloud", "nbcloud doctor modelarts"),
        Example("whether one thing may be read", f"nbcloud doctor {_LEASE}"),
    ),
    "capture": (
        Example("the form of a response, for the project", f"nbcloud capture {_LEASE} \\\n  --out capture.json"),
        Example(
            "with the values of a field that is nobody's secret",
            "nbcloud capture modelarts:DevServerJobs --out jobs.json \\\n  --allow 'data[].abnormal_count'",
        ),
    ),
    "kinds": (
        Example("all kinds", "nbcloud kinds"),
        Example("one kind with its fields", "nbcloud kinds hpcai:Instance"),
        Example("for a program", "nbcloud kinds -o json"),
    ),
    "serve": (
        Example("a token for a caller, and its hash for the gates file", "nbcloud serve token"),
        Example("whether a gates file can be right", "nbcloud serve gates.json --check"),
        Example("on this machine, without tokens", "nbcloud serve gates.json --no-token"),
        Example(
            "for others, with tokens and TLS",
            "nbcloud serve gates.json --host 0.0.0.0 \\\n  --tls-certificate chain.pem --tls-key key.pem",
        ),
    ),
    "mock": (
        Example("with settings in a file for other commands", "nbcloud mock --write mock.json"),
        Example("for a program, in one line", "nbcloud mock --output json"),
    ),
    "plugin": (
        Example("for every program of this user", "nbcloud plugin install"),
        Example("the folder to name in a program's Pulumi.yaml", "nbcloud plugin path"),
        Example("take it out again", "nbcloud plugin uninstall"),
    ),
    "completion": (
        Example("bash, for this shell; the same line in ~/.bashrc for every one", "source <(nbcloud completion bash)"),
        Example("zsh; or in ~/.zshrc, below compinit", "source <(nbcloud completion zsh)"),
        Example("fish", "nbcloud completion fish | source"),
        Example("fish, for every new shell", "nbcloud completion fish > ~/.config/fish/completions/nbcloud.fish"),
    ),
    "help": (
        Example("the topics", "nbcloud help"),
        Example("what an exit code means", "nbcloud help exit-codes"),
        Example("the page of a command", "nbcloud help wait"),
    ),
}
