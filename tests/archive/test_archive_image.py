"""The container image of the command: what is in it, and containers of it with a root that cannot be written."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socketserver
import ssl
import stat
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
import yaml
from archive_support import Archive
from docs_support import BLOCK, ROOT, SMALL_INSTALLS, Command, commands_in, settled
from image_support import Image, build_image, opened
from lease_support import KIND, LEASE, NOTEBOOK
from nbcloud_support import LEASE_BODY, LIMIT_SECONDS, http_answer, raw_server
from project_home import home

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.scenarios import RUNNING_NOTEBOOK

TARGET = f"{KIND}/{NOTEBOOK}"
TAG = f"localhost/nbcloud:{__version__}"
LIMIT_MB = 65
# Of the C library and zlib; the three of name lookup are empty where the C library looks names up itself.
LIBRARIES = {"ld", "libc", "libdl", "libm", "libnss_dns", "libnss_files", "libpthread", "libresolv", "librt", "libutil"}
# Of the range of loopback that nothing listens on.
NAME_SERVER = "127.0.53.53"


@pytest.fixture(scope="module")
def image(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Image:
    return opened(build_image(archive.path, tmp_path_factory.mktemp("image")), tmp_path_factory.mktemp("opened"))


@contextmanager
def name_server(name: str) -> Iterator[None]:
    """A server of DNS that knows one name, whose address is that of loopback."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split(".")) + b"\0"

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, connection = self.request
            question = query[12 : query.index(b"\0", 12) + 5]
            # Type 1 is an address of IPv4; there is none of IPv6.
            found = question.startswith(labels) and question[-3] == 1
            head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if found else b"\0\0") + b"\0\0\0\0"
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if found else b""
            connection.sendto(head + question + answer, self.client_address)

    with socketserver.UDPServer((NAME_SERVER, 53), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_it_says_what_it_is_and_runs_as_a_user_with_a_number(image: Image) -> None:
    assert image.path.name.endswith("-image.tar.gz")
    assert image.tags == [TAG]
    assert image.settings["User"] == "65532:65532"
    assert (image.settings["Entrypoint"], image.settings["WorkingDir"]) == (["/usr/bin/nbcloud"], "/work")
    prefix = "org.opencontainers.image."
    labels = {name.removeprefix(prefix): value for name, value in image.settings["Labels"].items()}
    licences = labels.pop("licenses").split(" AND ")
    assert {"Apache-2.0", "LGPL-2.1-or-later", "MIT", "MPL-2.0", "PSF-2.0", "Zlib"} <= set(licences)
    assert licences == sorted(set(licences))
    # No label leads to a placeholder.
    source = {"source": home(), "url": home()} if home() else {}
    assert labels == source | {
        "title": "nbcloud",
        "description": "Read and wait for the state of notebook clouds from a pipeline",
        "version": __version__,
    }


def test_it_holds_the_archive_the_c_library_and_zlib(archive: Archive, image: Image, tmp_path: Path) -> None:
    # As it was built: a runtime makes the files that it mounts others on.
    root = opened(image.path, tmp_path).root

    def names(folder: Path) -> set[str]:
        return {each.relative_to(folder).as_posix() for each in folder.rglob("*")}

    assert names(root / "opt" / "nbcloud") == names(archive.folder)
    others = {each for each in names(root) if not each.startswith("opt") and not (root / each).is_dir()}
    libraries = {each for each in others if each.startswith("lib")}
    assert {each.rpartition("/")[2].partition(".")[0].partition("-")[0] for each in libraries} <= {*LIBRARIES, "libz"}
    assert others - libraries == {
        *("etc/group", "etc/nsswitch.conf", "etc/passwd", "usr/bin/nbcloud"),
        *("usr/share/doc/libc6/copyright", "usr/share/doc/zlib1g/copyright"),
    }
    found = [each for each in root.rglob("*") if not each.is_symlink()]
    assert {(each.stat().st_uid, each.stat().st_gid) for each in found} == {(0, 0)}
    modes = {stat.S_IMODE(each.stat().st_mode) for each in found if each.name != "tmp"}
    assert modes == {0o644, 0o755}
    assert stat.S_IMODE((root / "tmp").stat().st_mode) == 0o1777
    assert sum(each.stat().st_size for each in found) < LIMIT_MB * 1_000_000


def test_a_second_build_writes_the_same_bytes(archive: Archive, image: Image, tmp_path: Path) -> None:
    assert build_image(archive.path, tmp_path / "again").read_bytes() == image.path.read_bytes()


def test_help(image: Image) -> None:
    done = image.container("--help").run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: nbcloud ")


def test_a_wait_is_met_fails_and_times_out(image: Image, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    codes = {
        until: image.container("wait", TARGET, *until, "--timeout", "0", env=clouds.environment()).run().returncode
        for until in ((), ("--until", "!self.running"), ("--fail-on", "self.running"))
    }
    assert list(codes.values()) == [0, 124, 1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_process_1_is_the_command_without_rights_and_ends_on_a_signal(
    number: signal.Signals, code: int, image: Image, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    container = image.container("wait", TARGET, env=clouds.environment())
    with container.started() as process:
        assert process.stderr is not None
        assert any(line.startswith("waiting: running=false") for line in process.stderr), "never waited"
        status = container.status()
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert (process.returncode, out) == (code, "cancelled\n")
    assert "hint: nothing was changed; the next run waits again" in err
    assert status["NSpid"].split()[-1] == "1"
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"65532"}
    assert int(status["CapEff"], 16) == 0


def test_sigterm_ends_the_gate_service(image: Image, clouds: MockClouds, tmp_path: Path) -> None:
    gates = {"gates": {"lease": {"target": {"kind": KIND, "notebook_id": NOTEBOOK}, "until": "self.running"}}}
    (tmp_path / "gates.json").write_text(json.dumps(gates), encoding="utf-8")
    (tmp_path / "gates.json").chmod(0o644)
    tmp_path.chmod(0o755)
    arguments = ("serve", "gates.json", "--no-token", "--port", "0")
    with image.container(*arguments, env=clouds.environment(), mounts={"/work": tmp_path}).started() as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving 1 gate on http://127.0.0.1:")
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0


def test_any_user_has_settings_and_a_record_in_a_mounted_folder(
    image: Image, clouds: MockClouds, tmp_path: Path
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    (tmp_path / "settings.json").write_text(json.dumps(clouds.settings()), encoding="utf-8")
    for each in (tmp_path, tmp_path / "settings.json"):
        os.chown(each, 1234, 1234)
        each.chmod(0o700)
    arguments = (
        "wait",
        TARGET,
        "--settings",
        "settings.json",
        "--timeout",
        "1h",
        "--hold",
        "0",
        "--resume",
        "wait.json",
    )
    done = image.container(*arguments, user="1234:1234", mounts={"/work": tmp_path}).run()
    assert done.returncode == 75, done.stderr
    assert (tmp_path / "wait.json").stat().st_uid == 1234


def test_names_are_looked_up_in_hosts_and_then_with_dns(image: Image, clouds: MockClouds, tmp_path: Path) -> None:
    in_hosts, in_dns, nowhere = (f"cloud.{each}.test" for each in ("in-hosts", "in-dns", "nowhere"))
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(in_hosts, in_dns).configure_cert(context)
    files = {
        "/etc/hosts": f"127.0.0.1 {in_hosts}\n",
        "/etc/resolv.conf": f"nameserver {NAME_SERVER}\n",
        "/work/authority.pem": authority.cert_pem.bytes().decode(),
    }
    mounts = {place: tmp_path / place.rpartition("/")[2] for place in files}
    for place, source in mounts.items():
        source.write_text(files[place], encoding="utf-8")
        source.chmod(0o644)
    codes = {}
    with raw_server(http_answer(body=LEASE_BODY)) as server, name_server(in_dns):
        server.socket = context.wrap_socket(server.socket, server_side=True)
        for host in (in_hosts, in_dns, nowhere):
            env = {
                **clouds.environment(),
                "NBCLOUD_MODELARTS_ENDPOINT": f"https://{host}:{server.server_address[1]}",
                "NBCLOUD_MODELARTS_CA_FILE": "authority.pem",
            }
            done = image.container("get", TARGET, env=env, mounts=mounts).run()
            codes[host] = (done.returncode, done.stderr)
    assert codes[in_hosts] == codes[in_dns] == (0, "")
    assert codes[nowhere][0] == 5


def section() -> str:
    """What the page says of the image."""
    text = SMALL_INSTALLS.read_text(encoding="utf-8")
    return text.partition("\n## The image\n")[2].partition("\n## ")[0]


def docker(command: Command) -> tuple[list[str], bool, str]:
    """What `docker run` is to do: the arguments of the command, whether it mounts the folder, and its user."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--rm", action="store_true", required=True)
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--env-file", choices=["cloud.env"])
    parser.add_argument("--volume", choices=["$PWD:/work"])
    parser.add_argument("--user", choices=["$(id -u):$(id -g)"])
    parser.add_argument("tag", choices=[TAG])
    first, verb, *words = shlex.split(command.line)
    assert (first, verb) == ("docker", "run")
    at = words.index(TAG) + 1
    options = parser.parse_args(words[:at])
    return words[at:], options.volume is not None, "1234:1234" if options.user else ""


def test_commands_of_the_page_do_what_is_shown(image: Image, clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
    tmp_path.chmod(0o777)
    blocks = [text for language, text in BLOCK.findall(section()) if language == "console"]
    load, *commands = (each for block in blocks for each in commands_in(block))
    assert load.line.split()[:3] == ["docker", "load", "--input"]
    assert load.line.endswith(f"dist-image/{image.path.name}")
    assert load.shown == (f"Loaded image: {TAG}",)
    assert len(commands) >= 3
    for command in commands:
        arguments, mounted, user = docker(command)
        mounts = {"/work": tmp_path} if mounted else {}
        done = image.container(*arguments, env=clouds.environment(), mounts=mounts, user=user).run()
        assert done.returncode == 0, done.stderr
        printed = settled(done.stdout + done.stderr)
        assert not [line for line in settled("\n".join(command.shown)) if line not in printed], printed


def test_the_job_of_the_page_runs(image: Image, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
    # The page shows it: a test of all pages compares.
    text = (ROOT / "examples" / "pipelines" / "kubernetes-job.yaml").read_text(encoding="utf-8")
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"].endswith(f"/{TAG.partition('/')[2]}")
    assert container["securityContext"] == {
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert image.container(*container["args"], env=clouds.environment()).run().returncode == 0
