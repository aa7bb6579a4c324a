"""What is said about a configuration that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.config import ConfigError, load
from adapter.config.settings import Tree
from adapter.config.show import shown_settings
from adapter.config.tree import settings_of
from tests.support.config_files import BASE, a_prison, loaded, refused, write

SECRET = "hush-3f6f0d7f"


def test_every_fault_is_told_in_one_message_with_file_table_and_key(tmp_path: Path) -> None:
    first = write(tmp_path, "1.toml", BASE + "read_timeout = 0\n[api]\nport = 70000\n[log]\nlevle = 'info'\n")
    second = write(
        tmp_path, "2.toml", "[decision.on]\nno_allowance = 'maybe'\n[nonsense]\nx = 1\n" + a_prison(more="id2=1")
    )
    with pytest.raises(ConfigError) as error:
        load([first, second, tmp_path / "absent.toml"], {"ADAPTER__STORE__LEASE": "soon"})
    assert set(error.value.complaints) == {
        f"{first}: [nomis] read_timeout: should be greater than 0",
        f"{first}: [api] port: should be less than or equal to 65535",
        f"{first}: [log] levle: there is no such setting; perhaps level is meant",
        f"{second}: [decision.on] no_allowance: should be 'reject' or 'staff'",
        f"{second}: nonsense: there is no such setting",
        f"{second}: [prisons.LEI] id2: there is no such setting; perhaps id is meant",
        f"{tmp_path / 'absent.toml'}: there is no such file",
        "environment ADAPTER__STORE__LEASE: [store] lease: should be a valid number",
    }
    assert str(error.value).startswith("the configuration has 8 faults:\n  - ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[api]\nport = '8080'\n", "[api] port: should be a valid integer"),
        ("[api]\nport = true\n", "[api] port: should be a valid integer"),
        ("[api]\nallow_unauthenticated = 'no'\n", "[api] allow_unauthenticated: should be a valid boolean"),
        ("[api]\nport = 1.5\n", "[api] port: should be a valid integer"),
        ("[api]\nhost = 1\n", "[api] host: should be a valid string"),
        ("[api]\ntrusted_proxies = ['10.0.0.1', 'x']\n", "[api] trusted_proxies: entry 2 is neither an address"),
        ("[decision]\nbudget = inf\n", "[decision] budget: must be a finite number"),
        ("[decision]\nbudget = nan\n", "[decision] budget: must be a finite number"),
        ("[decision]\nbudget = 2026-12-25\n", "[decision] budget: should be a valid number"),
        ("[decision.on]\nclosed_visit = 'reject'\n", "[decision.on] closed_visit: should be 'staff'"),
        ("[decision.on]\nlikes = 'staff'\n", "[decision.on] likes: there is no such setting"),
        ("store = 3\n", "store: should be an object"),
        ("prisons = 3\n", "prisons: must be tables such as [prisons.LEI]"),
        ("include = 'x.toml'\n", "include: must be a list of patterns"),
        ("[store]\nurl = 'mysql://x/y'\n", "[store] url: must begin with sqlite+aiosqlite://"),
        ("[store]\nurl = 'nonsense'\n", "[store] url: must begin with sqlite+aiosqlite://"),
        ("[api.auth]\nmode = 'token'\n", '[api] auth: mode = "token" needs tokens_file'),
        ("[api.auth]\nmode = 'jwt'\nrole = 'R'\n", '[api] auth: mode = "jwt" needs jwks_url, issuer, audience'),
    ],
)
def test_a_bad_value_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    (given,) = refused(tmp_path, text)
    assert given.startswith(f"{tmp_path / 'given.toml'}: {complaint}")


def test_a_file_that_is_no_toml_is_told_with_its_line_and_nothing_is_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "bad.toml", "[nomis]\nbase_url = \n")
    with pytest.raises(ConfigError) as error:
        load([path], {})
    (complaint,) = error.value.complaints
    assert complaint.startswith(f"{path}: is not TOML: ")
    assert "line 2" in complaint


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load([path], {})


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"ADAPTER__": "1"}, "environment ADAPTER__: names no setting"),
        ({"ADAPTER__API____PORT": "1"}, "environment ADAPTER__API____PORT: names no setting"),
        (
            {"ADAPTER__API__PROT": "1"},
            "environment ADAPTER__API__PROT: [api] prot: there is no such setting; perhaps port",
        ),
        ({"ADAPTER__API__HOST": "\udcff"}, "environment 'ADAPTER__API__HOST': is not UTF-8"),
        ({"ADAPTER__DECISION__BUDGET": "nan"}, "environment ADAPTER__DECISION__BUDGET: must be a finite number"),
        (
            {"ADAPTER__API__PORT": "1", "adapter__api__port": "2"},
            "environment adapter__api__port: sets the same as ADAPTER__API__PORT",
        ),
    ],
)
def test_the_environment_is_held_to_the_same(tmp_path: Path, environ: dict[str, str], complaint: str) -> None:
    (given,) = refused(tmp_path, "", environ)
    assert given.startswith(complaint)


def _secrets() -> list[tuple[str, ...]]:
    return [setting.path for setting in settings_of(Tree) if setting.is_secret]


def test_there_are_secrets_to_be_tested() -> None:
    assert {("nomis", "auth", "client_secret"), ("store", "password"), ("mail", "smtp", "password")} <= set(_secrets())


@pytest.mark.parametrize("path", _secrets(), ids=".".join)
def test_a_secret_has_no_place_in_a_file(tmp_path: Path, path: tuple[str, ...]) -> None:
    (complaint,) = refused(tmp_path, f"[{'.'.join(path[:-1])}]\n{path[-1]} = '{SECRET}'\n")
    assert "is a secret and has no place in a file" in complaint
    assert f"ADAPTER__{'__'.join(path).upper()}" in complaint
    assert SECRET not in complaint


@pytest.mark.parametrize(
    "path", [("store", "url"), ("nomis", "base_url"), ("nomis", "auth", "auth_url"), ("staff", "public_url")]
)
def test_a_password_inside_an_address_is_a_secret_too(tmp_path: Path, path: tuple[str, ...]) -> None:
    address = f"postgresql+asyncpg://user:{SECRET}@db/visits"
    complaints = refused(tmp_path, f"[{'.'.join(path[:-1])}]\n{path[-1]} = '{address}'\n")
    assert any("holds a password" in complaint for complaint in complaints)
    assert SECRET not in "\n".join(complaints)


def test_no_complaint_and_no_print_shows_a_secret(tmp_path: Path) -> None:
    keys = write(tmp_path, "keys", "k")
    environ = {f"ADAPTER__{'__'.join(path).upper()}": SECRET for path in _secrets()}
    environ |= {
        "ADAPTER__MAIL__SMTP__USERNAME": "user",
        "ADAPTER__STORE__URL": f"postgresql+asyncpg://user:{SECRET}@db/visits",
        "ADAPTER__STAFF__LINK_KEY_FILE": str(keys),
    }
    settings = loaded(tmp_path, "", environ)
    shown = "\n".join(shown_settings(settings))
    assert "[nomis.auth] client_secret = ***" in shown
    assert 'url = "postgresql+asyncpg://user:***@db/visits"' in shown
    for text in (shown, repr(settings), str(settings), repr(settings.store), str(settings.store.engine_url())):
        assert SECRET not in text
    for broken in ({"ADAPTER__API__PORT": "x"}, {"ADAPTER__STORE__URL": f"mysql://user:{SECRET}@db/x"}):
        assert SECRET not in "\n".join(refused(tmp_path, "", environ | broken))


@pytest.mark.parametrize("value", ["[1, 2]", "{a = 1}"])
def test_a_secret_of_a_wrong_type_is_not_shown_either(tmp_path: Path, value: str) -> None:
    settings = loaded(tmp_path, "", {"ADAPTER__STORE__PASSWORD": value})
    assert settings.store.password is not None
    assert settings.store.password.get_secret_value() == value
