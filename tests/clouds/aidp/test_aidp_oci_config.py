"""Oracle's configuration file: profiles, inheritance, and everything that can be wrong with it."""

from __future__ import annotations

import configparser
import errno
import os
from pathlib import Path

import pytest
from aidp_support import NOW, key_values, pem, settings_of

from pulumi_nbcloud.clouds.aidp.account import AidpAccount
from pulumi_nbcloud.clouds.aidp.credentials import FileCredentials
from pulumi_nbcloud.clouds.aidp.oci_config import Profile, parse_profile
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND
from pulumi_nbcloud.settings import files
from pulumi_nbcloud.settings.files import MAX_FILE_BYTES
from pulumi_nbcloud.settings.ini import parse_ini
from pulumi_nbcloud.settings.resolve import resolve

PRINT = FIRST.fingerprint
OTHER_PRINT = SECOND.fingerprint
DEFAULT = f"[DEFAULT]\ntenancy=t.1\nuser=u.1\nfingerprint={PRINT}\nkey_file=/k\nregion=us-ashburn-1\n"


def parsed(text: str, profile: str = "DEFAULT") -> Profile:
    return parse_profile(text, profile, "the file")


def problem(text: str, profile: str = "DEFAULT") -> str:
    with pytest.raises(SettingsError) as caught:
        parsed(text, profile)
    assert caught.value.__cause__ is None
    assert "canary" not in str(caught.value)
    return str(caught.value)


# --- what a profile says


@pytest.mark.parametrize(
    ("text", "profile", "expected"),
    [
        (DEFAULT, "DEFAULT", Profile("/k", None, f"t.1/u.1/{PRINT}", None, "us-ashburn-1")),
        # DEFAULT alone may be there twice, with other keys.
        (
            f"[DEFAULT]\ntenancy=t.1\nuser=u.1\n[E]\nuser=u.2\n[DEFAULT]\nfingerprint={PRINT}\nkey_file=/k\n",
            "E",
            Profile("/k", None, f"t.1/u.2/{PRINT}", None, None),
        ),
        # What a profile does not say itself it inherits.
        (DEFAULT + "[EAST]\nuser=u.2\n", "EAST", Profile("/k", None, f"t.1/u.2/{PRINT}", None, "us-ashburn-1")),
        (
            DEFAULT + f"[EAST]\nuser = u.2\nfingerprint: {OTHER_PRINT}\nkey_file=/e\nregion=eu-milan-1\n",
            "EAST",
            Profile("/e", None, f"t.1/u.2/{OTHER_PRINT}", None, "eu-milan-1"),
        ),
        (DEFAULT + "[EAST]\nuser=\n", "EAST", Profile("/k", None, f"t.1/u.1/{PRINT}", None, "us-ashburn-1")),
        # No interpolation, comments, capitals in names, blanks.
        (
            "# a\n; b\n" + DEFAULT.replace("user", "User") + "pass_phrase=50%x%(y)s;#\n",
            "DEFAULT",
            Profile("/k", "50%x%(y)s;#", f"t.1/u.1/{PRINT}", None, "us-ashburn-1"),
        ),
        (DEFAULT + "pass_phrase = p\n[EAST]\n", "EAST", Profile("/k", "p", f"t.1/u.1/{PRINT}", None, "us-ashburn-1")),
        # A session needs neither user nor fingerprint.
        ("[S]\nkey_file=/k\nsecurity_token_file=/t\n", "S", Profile("/k", None, None, "/t", None)),
        (
            DEFAULT + "[S]\nkey_file=/e\nsecurity_token_file=/t\nuser=\n",
            "S",
            Profile("/e", None, None, "/t", "us-ashburn-1"),
        ),
        # DEFAULT's token goes with DEFAULT's key, not with another.
        (DEFAULT + "security_token_file=/t\n[E]\n", "E", Profile("/k", None, None, "/t", "us-ashburn-1")),
        (
            DEFAULT + "security_token_file=/t\n[E]\nkey_file=/e\n",
            "E",
            Profile("/e", None, f"t.1/u.1/{PRINT}", None, "us-ashburn-1"),
        ),
    ],
)
def test_a_profile(text: str, profile: str, expected: Profile) -> None:
    assert parsed(text, profile) == expected


def test_a_tilde_is_the_home_folder() -> None:
    home = os.environ["HOME"]
    found = parsed("[S]\nkey_file=~/k.pem\nsecurity_token_file=~/.oci/t\n", "S")
    assert (found.key_file, found.token_file) == (f"{home}/k.pem", f"{home}/.oci/t")


def test_a_profile_does_not_show_its_passphrase() -> None:
    assert "canary" not in repr(parsed(DEFAULT + "pass_phrase=canary\n"))


ADD = "add it there, or name another profile"
KEY_CONTENT = "profile {} in the file holds key_content\nhint: put the key in a file of its own and name it: key_file"
OF = "of profile DEFAULT in the file must be"
VALUE = "correct it; its value is not shown here"


@pytest.mark.parametrize(
    ("text", "profile", "message"),
    [
        ("", "DEFAULT", "the file has no profile DEFAULT\nhint: there is none"),
        ("[EAST]\nuser=canary\n[B]\n", "DEFAULT", "the file has no profile DEFAULT\nhint: there is EAST, B"),
        (DEFAULT, "default", "the file has no profile default\nhint: there is DEFAULT"),
        (
            "[DEFAULT]\nuser=u\n",
            "DEFAULT",
            f"profile DEFAULT in the file lacks tenancy, fingerprint, key_file\nhint: {ADD}",
        ),
        ("[S]\nsecurity_token_file=/t\n", "S", f"profile S in the file lacks key_file\nhint: {ADD}"),
        (
            DEFAULT + "key_content=canary\n",
            "DEFAULT",
            KEY_CONTENT.format("DEFAULT"),
        ),
        (
            DEFAULT + "[E]\nkey_content=canary\n",
            "E",
            KEY_CONTENT.format("E"),
        ),
        (
            DEFAULT.replace("t.1", "canary t"),
            "DEFAULT",
            f"tenancy of profile DEFAULT in the file must be an OCID: letters, digits and . _ : -\nhint: {VALUE}",
        ),
        (
            DEFAULT.replace("u.1", 'canary"'),
            "DEFAULT",
            f"user of profile DEFAULT in the file must be an OCID: letters, digits and . _ : -\nhint: {VALUE}",
        ),
        (
            DEFAULT.replace(PRINT, "canary"),
            "DEFAULT",
            f"fingerprint {OF} 16 pairs of hexadecimal digits with colons between them\nhint: {VALUE}",
        ),
    ],
)
def test_what_is_wrong_with_a_profile(text: str, profile: str, message: str) -> None:
    assert problem(text, profile) == message


NEEDS = "it needs sections such as [DEFAULT] with lines such as key_file = …"
ONE = "keep one of them: nobody can tell which one is meant"
ONCE = "put its lines into one section; only [DEFAULT] may be there twice"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# a\ncanary", f"is not a configuration file: line 2 stands before any section\nhint: {NEEDS}"),
        (
            "[DEFAULT]\ncanary\n",
            f"is not a configuration file: line 2 is neither a section nor a key with a value\nhint: {NEEDS}",
        ),
        ("[A]\nuser=1\nuser=canary\n", f"has the key user twice in section [A], again in line 3\nhint: {ONE}"),
        # One section for the parser, so the key is a duplicate.
        (
            "[DEFAULT]\nuser=1\n[B]\n[DEFAULT]\nuser=canary\n",
            f"has the key user twice in section [DEFAULT], again in line 5\nhint: {ONE}",
        ),
        # A key that lost its indentation is no name to show.
        ("[A]\ncanary/k=\ncanary/k=\n", f"has a key twice in section [A], again in line 3\nhint: {ONE}"),
        ("[A]\n[B]\n[A]\n", f"has the section [A] twice, again in line 3\nhint: {ONCE}"),
    ],
)
def test_what_is_no_such_file(text: str, message: str) -> None:
    assert problem(text) == f"the file {message}"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("[DEFAULT]\na=1\n[DEFAULT]\nb=2\n", True),
        ("[DEFAULT]\na=1\n[DEFAULT]\na=2\n", False),
        ("[A]\n[A]\n", False),
        ("[A]\nb=1\nB=2\n", False),
        ("[A]\nb: 1\n c\n\n[C]\n; x\nd =\n", True),
    ],
)
def test_files_are_accepted_and_refused_as_by_oracles_sdk(text: str, accepted: bool, tmp_path: Path) -> None:
    from oci.config import from_file

    (tmp_path / "config").write_text(text)

    def theirs() -> bool:
        try:
            from_file(str(tmp_path / "config"), "DEFAULT")
        except configparser.Error:
            return False
        return True

    def ours() -> bool:
        try:
            parse_ini(text, "the file", NEEDS)
        except SettingsError:
            return False
        return True

    assert (theirs(), ours()) == (accepted, accepted)


# --- profiles that sign in as a principal

SIGNER = "set signer to a function that signs as the principal, or name a profile with a key or a session token"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("[DEFAULT]\nauthentication_type=instance_principal\ntenancy=t.1\n", "authentication_type"),
        (
            "[DEFAULT]\nauthentication_type=instance_principal\ndelegation_token_file=/t\n",
            "authentication_type and delegation_token_file",
        ),
        # Oracle's tools prefer it to a key.
        (DEFAULT + "delegation_token_file=/t\n", "delegation_token_file"),
    ],
)
def test_a_profile_that_signs_in_as_a_principal(text: str, keys: str) -> None:
    assert problem(text) == (
        f"profile DEFAULT in the file signs in as a principal ({keys}), which no key of this package does\n"
        f"hint: {SIGNER}"
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        (
            {"OCI_CLI_CLOUD_SHELL": "True", "OCI_CLI_AUTH": "instance_obo_user"},
            "OCI_CLI_CLOUD_SHELL and OCI_CLI_AUTH",
        ),
        ({"OCI_obo_token_path": "/t"}, "OCI_obo_token_path"),
    ],
)
def test_the_profile_of_cloud_shell(environment: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert problem("[DEFAULT]\nregion=us-ashburn-1\n") == (
        f"profile DEFAULT in the file holds no key; by {named} Oracle's tools sign in as a principal, as in Cloud "
        f"Shell\nhint: {SIGNER}"
    )


@pytest.mark.parametrize("auth", ["api_key", "security_token", ""])
def test_a_way_of_oracles_that_is_no_principal(auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCI_CLI_AUTH", auth)
    assert problem("[DEFAULT]\nregion=us-ashburn-1\n").startswith("profile DEFAULT in the file lacks tenancy")


# --- files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "k.pem").write_text(pem())
    (tmp_path / "config").write_text(DEFAULT.replace("/k", str(tmp_path / "k.pem")))
    return tmp_path


def credentials(folder: Path, profile: str = "DEFAULT") -> FileCredentials:
    return FileCredentials(str(folder / "config"), profile, "the file", lambda: NOW)


def unusable(folder: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        credentials(folder)
    assert "canary" not in str(caught.value)
    return str(caught.value)


KEY = "key_file of profile DEFAULT in the file"
WHO = "check the path and who may read it"


@pytest.mark.parametrize(("name", "place"), [("config", "the file"), ("k.pem", KEY)])
def test_files_that_cannot_be_read(folder: Path, name: str, place: str) -> None:
    path = folder / name
    called = f"{place} names {path}, which"
    text = path.read_bytes()
    path.unlink()
    assert unusable(folder) == f"{called} cannot be read: No such file or directory\nhint: {WHO}"
    path.mkdir()
    assert unusable(folder) == f"{called} is not a regular file\nhint: check the path"
    path.rmdir()
    os.mkfifo(path)
    assert unusable(folder) == f"{called} is not a regular file\nhint: check the path"
    path.unlink()
    path.write_bytes(b"\xff\xfecanary")
    assert unusable(folder) == f"{called} is not text in UTF-8\nhint: check the path"
    path.write_bytes(text + b"\n" + b"#" * MAX_FILE_BYTES)
    assert unusable(folder) == f"{called} is larger than 1,000,000 bytes\nhint: check the path"
    path.write_bytes(b"\xef\xbb\xbf" + text)
    assert credentials(folder).region == "us-ashburn-1"


def test_a_file_without_the_permission_to_read_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "canary")

    # Root may read everything, so the refusal is made.
    monkeypatch.setattr(files, "open", refuse, raising=False)
    called = f"the file names {folder / 'config'}, which"
    assert unusable(folder) == f"{called} cannot be read: Permission denied\nhint: {WHO}"


def test_a_path_that_is_none(folder: Path) -> None:
    (folder / "config").write_text(DEFAULT.replace("/k", "a\0b"))
    assert unusable(folder) == f"{KEY} is not a path\nhint: check the path"


WINDOWS = "it is a path of Windows, and this machine is none: write the path that the file has here"
QUOTES = "its quotation marks belong to the path here: take them off"
LINE = "belongs to the path here: put the comment into a line of its own"


@pytest.mark.parametrize(
    ("key_file", "hint"),
    [
        ("{folder}/k.pem # TODO", f'what follows " #" {LINE}'),
        ("{folder}/k.pem ; rotate", f'what follows " ;" {LINE}'),
        ('"{folder}/k.pem"', QUOTES),
        ("'{folder}/k.pem'", QUOTES),
        ("$HOME/k.pem", "$HOME is not replaced here: write the path itself, or begin it with ~"),
        ("${{HOME}}/.oci/k.pem", "${{HOME}} is not replaced here: write the path itself, or begin it with ~"),
        ("%USERPROFILE%/k.pem", "%USERPROFILE% is not replaced here: write the path itself, or begin it with ~"),
        ("keys/k.pem", "it is relative, and looked for from {cwd}: write the whole path"),
        ("/Users/ada/.oci/k.pem", "there is no folder /Users here: is it a path of another machine?"),
        (
            "C:\\Users\\ada\\k.pem",
            "it is a path of Windows, and this machine is none: write the path that the file has here",
        ),
        ("~nobody-here/k.pem", "there is no such user here: write the path itself"),
        ("{folder}/other.pem", WHO),
    ],
)
def test_what_is_odd_about_the_path_of_a_key(folder: Path, key_file: str, hint: str) -> None:
    path = key_file.format(folder=folder)
    (folder / "config").write_text(DEFAULT.replace("/k", path))
    assert unusable(folder) == (
        f"{KEY} names {path}, which cannot be read: No such file or directory\n"
        f"hint: {hint.format(folder=folder, cwd=os.getcwd())}"
    )


def test_what_is_odd_about_the_path_of_a_token(folder: Path) -> None:
    with (folder / "config").open("a") as file:
        file.write("security_token_file=$HOME/t\n")
    assert unusable(folder) == (
        "security_token_file of profile DEFAULT in the file names $HOME/t, which cannot be read: No such file or "
        "directory\nhint: $HOME is not replaced here: write the path itself, or begin it with ~"
    )


@pytest.mark.parametrize("key_file", ["canary", "-----BEGIN canary/", "canary/" + "a" * 48, "canary/" * 50])
def test_what_may_be_a_secret_in_the_place_of_a_path_is_not_shown(folder: Path, key_file: str) -> None:
    (folder / "config").write_text(DEFAULT.replace("/k", key_file))
    assert unusable(folder).startswith(f"{KEY} cannot be read: ")


def test_a_fingerprint_of_another_key_is_told_before_anything_is_sent(folder: Path) -> None:
    (folder / "config").write_text((folder / "config").read_text().replace(PRINT, OTHER_PRINT))
    assert unusable(folder) == (
        f"fingerprint of profile DEFAULT in the file is of another key than its key_file {folder / 'k.pem'}, whose "
        f"fingerprint is {PRINT}; nothing was sent\nhint: correct the fingerprint, or name the key that it belongs to"
    )
    with pytest.raises(SettingsError) as caught:
        account(key_values(fingerprint=OTHER_PRINT))
    source = "(from Pulumi config nbcloud:aidp)"
    assert caught.value.problem == (
        f"aidp fingerprint {source} is of another key than aidp privateKey {source}, whose fingerprint is {PRINT}; "
        "nothing was sent"
    )


def test_a_fingerprint_in_capitals_is_the_same(folder: Path) -> None:
    (folder / "config").write_text((folder / "config").read_text().replace(PRINT, PRINT.upper()))
    assert credentials(folder).region == "us-ashburn-1"


def test_a_machine_without_md5_leaves_the_fingerprint_to_the_cloud(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("disabled for FIPS")

    monkeypatch.setattr("hashlib.md5", refuse)
    (folder / "config").write_text((folder / "config").read_text().replace(PRINT, OTHER_PRINT))
    assert credentials(folder).region == "us-ashburn-1"


@pytest.mark.parametrize("key", ["tenancy", "user", "fingerprint"])
@pytest.mark.parametrize("mark", ["'", '"'])
def test_quotes_around_a_value_of_a_profile(key: str, mark: str) -> None:
    right = {"tenancy": "t.1", "user": "u.1", "fingerprint": PRINT}[key]
    assert problem(DEFAULT.replace(f"{key}={right}", f"{key}={mark}{right}{mark}")).startswith(
        f"{key} of profile DEFAULT in the file begins and ends with a quotation mark; nothing was sent\nhint: take"
    )


def test_a_comment_behind_a_value_of_a_profile() -> None:
    assert problem(DEFAULT.replace("u.1", "u.1 # canary")) == (
        'user of profile DEFAULT in the file holds " #", which begins no comment there; nothing was sent\n'
        "hint: put the comment into a line of its own"
    )


def test_the_permissions_of_a_key_are_not_our_business(folder: Path) -> None:
    (folder / "k.pem").chmod(0o666)
    assert credentials(folder).expires_at() is None


PASSPHRASE_QUOTES = "the passphrase begins and ends with a quotation mark, which belongs to it here: take both off"


@pytest.mark.parametrize(
    ("key", "line", "message"),
    [
        ("canary", "", f"{KEY} is not a private key in PEM\nhint: correct it; its content is not shown here"),
        (pem("p"), "", f"{KEY} is encrypted and has no passphrase\nhint: set the passphrase that opens it"),
        (
            pem("p"),
            "pass_phrase=canary\n",
            f"{KEY} cannot be opened with its passphrase\nhint: correct the passphrase; it is not shown here",
        ),
        (
            pem("p"),
            'pass_phrase="p"\n',
            f"{KEY} cannot be opened with its passphrase\nhint: {PASSPHRASE_QUOTES}",
        ),
        (pem("p"), "pass_phrase=p\n", None),
        # Inherited perhaps, and not this key's.
        (pem(), "pass_phrase=canary\n", None),
    ],
    ids=["no key", "no passphrase", "wrong passphrase", "quotes", "right passphrase", "not encrypted"],
)
def test_keys_and_passphrases(folder: Path, key: str, line: str, message: str | None) -> None:
    (folder / "k.pem").write_text(key)
    (folder / "config").write_text((folder / "config").read_text() + line)
    if message is None:
        assert credentials(folder).region == "us-ashburn-1"
    else:
        assert unusable(folder) == message


PUBLIC = "it is a public key: name the private key that belongs to it"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("-----BEGIN PUBLIC KEY-----\ncanary\n-----END PUBLIC KEY-----\n", PUBLIC),
        ("-----BEGIN RSA PUBLIC KEY-----\ncanary\n", PUBLIC),
        (
            "-----BEGIN CERTIFICATE-----\ncanary\n",
            "it is a certificate: name the private key that Oracle's API key was made with",
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n",
            "it is a key of OpenSSH: Oracle's API keys are made in its console or by openssl",
        ),
        (
            "~/.oci/canary.pem",
            "it looks like a path: give the text of the key itself, or name the file in a profile as key_file",
        ),
        ("canary", "correct it; its content is not shown here"),
    ],
)
def test_what_stands_in_the_place_of_a_private_key(folder: Path, text: str, hint: str) -> None:
    (folder / "k.pem").write_text(text)
    assert unusable(folder) == f"{KEY} is not a private key in PEM\nhint: {hint}"


@pytest.mark.parametrize("token", ["", " \n", "can ary", "canary\x00", "canaryé", "x" * 40_000])
def test_tokens_that_cannot_be_sent(folder: Path, token: str) -> None:
    (folder / "t").write_text(token)
    with (folder / "config").open("a") as file:
        file.write(f"security_token_file={folder / 't'}\n")
    assert unusable(folder) == (
        "the token in security_token_file of profile DEFAULT in the file must be printable ASCII without blanks, "
        "32,768 characters at most\nhint: correct it; its value is not shown here"
    )


def test_a_token_with_a_quotation_mark_would_end_the_key_id(folder: Path) -> None:
    (folder / "t").write_text('canary"')
    with (folder / "config").open("a") as file:
        file.write(f"security_token_file={folder / 't'}\n")
    assert unusable(folder) == (
        "the token in security_token_file of profile DEFAULT in the file holds a quotation mark\nhint: get a new one"
    )


# --- which file and profile


def account(
    config: dict[str, str] | None = None, environment: dict[str, str] | None = None, profile: str | None = None
) -> AidpAccount:
    values = {"nbcloud:aidp": config} if profile is None else {"nbcloud:profiles": {profile: {"aidp": config}}}
    found = resolve(AidpAccount.schema, profile, values.get, environment or {})
    return AidpAccount(found, Client(), now=lambda: NOW)


@pytest.fixture
def home(folder: Path) -> Path:
    """A home folder with a configuration file of two profiles in two regions."""
    home = Path(os.environ["HOME"])
    (home / ".oci").mkdir()
    text = (folder / "config").read_text()
    (home / ".oci" / "config").write_text(text + "[EAST]\nregion=eu-milan-1\n")
    (folder / "elsewhere").write_text(text.replace("us-ashburn-1", "ap-tokyo-1") + "[EAST]\nregion=ap-osaka-1\n")
    return home


def region(account: AidpAccount) -> str:
    return account.endpoint.removeprefix("https://aidp.").removesuffix(".oci.oraclecloud.com")


@pytest.mark.parametrize(
    ("config", "environment", "expected"),
    [
        # The file of the home folder comes last, and only where nothing else says how to sign in.
        ({}, {"HOME": ""}, "us-ashburn-1"),
        ({}, {"HOME": "", "OCI_CLI_PROFILE": "EAST"}, "eu-milan-1"),
        ({}, {"HOME": "", "OCI_CLI_CONFIG_FILE": "elsewhere"}, "ap-tokyo-1"),
        ({}, {"HOME": "", "OCI_CLI_CONFIG_FILE": "elsewhere", "OCI_CLI_PROFILE": "EAST"}, "ap-osaka-1"),
        ({}, {"OCI_CONFIG_FILE": "elsewhere"}, "ap-tokyo-1"),
        ({}, {"OCI_CONFIG_FILE": "elsewhere", "OCI_CLI_PROFILE": "EAST"}, "ap-osaka-1"),
        ({"configProfile": "EAST"}, {}, "eu-milan-1"),
        ({"configFile": "elsewhere"}, {}, "ap-tokyo-1"),
        ({"configFile": "~/.oci/config", "configProfile": "EAST"}, {}, "eu-milan-1"),
        ({"configProfile": "EAST"}, {"NBCLOUD_AIDP_CONFIG_PROFILE": "DEFAULT"}, "eu-milan-1"),
        ({}, {"NBCLOUD_AIDP_CONFIG_PROFILE": "EAST", "OCI_CLI_PROFILE": "DEFAULT"}, "eu-milan-1"),
        # The set is taken whole from one source: Oracle's variable does not add its file.
        ({"configProfile": "EAST"}, {"OCI_CONFIG_FILE": "elsewhere"}, "eu-milan-1"),
        # The region: settings, then the profile, then Oracle's variable.
        ({"region": "sa-saopaulo-1", "configProfile": "EAST"}, {"OCI_REGION": "me-dubai-1"}, "sa-saopaulo-1"),
        ({"configProfile": "EAST"}, {"OCI_REGION": "me-dubai-1"}, "eu-milan-1"),
        ({"configProfile": "EAST"}, {"NBCLOUD_AIDP_REGION": "me-dubai-1"}, "me-dubai-1"),
    ],
)
def test_which_profile_is_read(
    home: Path, folder: Path, config: dict[str, str], environment: dict[str, str], expected: str
) -> None:
    found = {name: str(home) if name == "HOME" else value for name, value in environment.items()}
    for values in (config, found):
        for name, value in values.items():
            if value == "elsewhere":
                values[name] = str(folder / "elsewhere")
    assert region(account(config, found)) == expected


def test_oracles_region_stands_in_where_the_profile_names_none(home: Path) -> None:
    path = home / ".oci" / "config"
    path.write_text(path.read_text().replace("region=us-ashburn-1\n", ""))
    assert region(account({}, {"HOME": str(home), "OCI_REGION": "me-dubai-1"})) == "me-dubai-1"
    with pytest.raises(SettingsError) as caught:
        account({}, {"HOME": str(home)})
    assert str(caught.value) == (
        "aidp needs a region or an endpoint; looked in Pulumi config nbcloud:aidp; the environment (NBCLOUD_AIDP_…); "
        "the environment (OCI_…); the environment (OCI_… as Terraform has them); the environment (OCI_REGION); "
        "~/.oci/config (which holds only configFile)\nhint: set NBCLOUD_AIDP_REGION, for example us-ashburn-1"
    )
    assert account({"endpoint": "http://127.0.0.1:1"}, {"HOME": str(home)}).endpoint == "http://127.0.0.1:1"


def test_a_named_profile_reads_no_variable_of_oracles_but_the_file_it_names(home: Path, folder: Path) -> None:
    oracles = {"HOME": str(home), "OCI_CLI_PROFILE": "DEFAULT", "OCI_CONFIG_FILE": str(folder / "elsewhere")}
    assert region(account({"configProfile": "EAST"}, oracles, "east")) == "eu-milan-1"
    own = {**oracles, "NBCLOUD_PROFILE_EAST_AIDP_CONFIG_PROFILE": "EAST"}
    assert region(account({}, own, "east")) == "eu-milan-1"
    with pytest.raises(SettingsError) as caught:
        account({}, oracles, "east")
    assert str(caught.value).startswith(
        "no credentials for aidp in profile east; looked in Pulumi config nbcloud:profiles.east.aidp; "
        "the environment (NBCLOUD_PROFILE_EAST_AIDP_…)\nhint: set NBCLOUD_PROFILE_EAST_AIDP_CONFIG_PROFILE"
    )


def test_two_ways_to_sign_in_are_named() -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of({**key_values(), "configProfile": "EAST"})
    assert str(caught.value).startswith(
        "Pulumi config nbcloud:aidp holds two ways to sign in to aidp: configFile or configProfile and "
        "tenancy + user + fingerprint + privateKey\n"
    )


def test_the_messages_name_the_file_by_where_its_name_came_from(home: Path) -> None:
    named = "aidp configFile (from Pulumi config nbcloud:aidp)"
    for config, called in (
        ({"configProfile": "WEST"}, "~/.oci/config"),
        ({"configFile": "/nowhere/config"}, f"{named} names /nowhere/config, which"),
        ({"configFile": "canary"}, named),
    ):
        with pytest.raises(SettingsError) as caught:
            account(config)
        assert caught.value.problem.startswith(f"{called} ")
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", ["a[b", "a\nb", "x" * 101])
def test_names_that_no_profile_can_have(home: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        account({"configProfile": name})
    assert str(caught.value) == (
        "aidp configProfile (from Pulumi config nbcloud:aidp) cannot be the name of a profile\n"
        "hint: give 1 to 100 characters without brackets"
    )
