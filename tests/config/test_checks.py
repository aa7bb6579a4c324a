"""What must hold between settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.config.checks import is_loopback
from adapter.config.settings import Settings
from tests.support.config_files import loaded, refused, write


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[store]\nlease = 29.9\n", "[store] lease: must be at least [nomis] book_timeout + 10 = 30 s"),
        ("[nomis]\nbook_timeout = 31.0\n", "[store] lease: must be at least [nomis] book_timeout + 10 = 41 s"),
        ("[decision]\nin_doubt_handover_after = 199.0\n", "[decision] in_doubt_handover_after: must be at least"),
        ("[nomis]\npost_lifetime = 300.0\n", "[decision] in_doubt_handover_after: must be at least"),
        ('[api]\nhost = "0.0.0.0"\n', '[api.auth] mode: is "none" and [api] host is not a loopback address'),
        ('[api]\nhost = "::"\n', '[api.auth] mode: is "none"'),
        ('[api]\nhost = ""\n', '[api.auth] mode: is "none"'),
        ('[api]\nhost = "visits.example.com"\n', '[api.auth] mode: is "none"'),
        (
            '[api]\nhost = "0.0.0.0"\nallow_unauthenticated = true\n[mail]\nvisitor_channel = "console"\n',
            '[mail] visitor_channel: is "console", which prints personal data',
        ),
        ('[store]\nurl = "postgresql+asyncpg://user@db/x"\n', "[staff] link_key_file: var/link.keys does not exist"),
        ('[nomis]\ntransport = "soap"\n', '[nomis.soap] url: is needed for transport = "soap"'),
        ('[nomis]\nbase_url = ""\n', '[nomis] base_url: is needed for transport = "rest"'),
        ('[nomis]\nbase_url = "nomis.example.com"\n', "[nomis] base_url: must be an address that begins with http"),
        ('[api]\npublic_url = "ftp://example.com"\n', "[api] public_url: must be an address that begins with http"),
        ('[store]\npassword_file = "absent"\n', "[store] password_file: absent is not a file that can be read"),
        ('[api.auth]\nmode = "token"\ntokens_file = "absent"\n', "[api.auth] tokens_file: absent is not a file"),
    ],
)
def test_a_contradiction_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (given,) = refused(tmp_path, text)
    assert complaint in given


@pytest.mark.parametrize(
    ("scheme", "missing"),
    [("es256", ["client_token_file", "private_key_file"]), ("oauth2", ["auth_url", "client_id", "client_secret_file"])],
)
def test_a_scheme_needs_its_keys(tmp_path: Path, scheme: str, missing: list[str]) -> None:
    complaints = refused(tmp_path, f'[nomis.auth]\nscheme = "{scheme}"\n')
    file = tmp_path / "given.toml"
    assert complaints == tuple(f'{file}: [nomis.auth] {key}: is needed for scheme = "{scheme}"' for key in missing)


def test_a_scheme_may_have_its_keys_from_files_or_from_the_environment(tmp_path: Path) -> None:
    token = write(tmp_path, "token", "x")
    loaded(
        tmp_path,
        f'[nomis.auth]\nscheme = "es256"\nclient_token_file = "{token}"\n',
        {"ADAPTER__NOMIS__AUTH__PRIVATE_KEY": "x"},
    )


def test_a_secret_comes_from_one_place(tmp_path: Path) -> None:
    token = write(tmp_path, "token", "x")
    (complaint,) = refused(tmp_path, f'[store]\npassword_file = "{token}"\n', {"ADAPTER__STORE__PASSWORD": "hush"})
    assert "[store] password_file: and password are both set" in complaint


@pytest.mark.parametrize(
    "text",
    [
        "[store]\nlease = 30.0\n",
        "[decision]\nin_doubt_handover_after = 200.0\n",
        '[api]\nhost = "::1"\n',
        '[api]\nhost = "localhost"\n',
        '[api]\nhost = "127.0.0.53"\n[mail]\nvisitor_channel = "console"\n',
        '[api]\nhost = "0.0.0.0"\nallow_unauthenticated = true\n',
        '[nomis]\ntransport = "soap"\nbase_url = ""\n[nomis.soap]\nurl = "https://nomis.example.com/soap"\n',
        "[nomis]\nbook_timeout = 0.2\npost_lifetime = 0.2\nread_lag = 0.1\n"
        "[decision]\nin_doubt_handover_after = 0.8\nhandover_after = 0.2\n[store]\nlease = 10.2\n",
    ],
)
def test_what_agrees_is_taken(tmp_path: Path, text: str) -> None:
    loaded(tmp_path, text)


def test_on_postgresql_the_link_keys_must_be_there(tmp_path: Path) -> None:
    keys = write(tmp_path, "link.keys", "k")
    text = f'[store]\nurl = "postgresql+asyncpg://user@db/x"\n[staff]\nlink_key_file = "{keys}"\n'
    assert loaded(tmp_path, text).store.on_postgresql


def test_keys_of_the_identity_provider_come_by_https(tmp_path: Path) -> None:
    auth = '[api.auth]\nmode = "jwt"\nissuer = "i"\naudience = "a"\nrole = "R"\njwks_url = "{}://{}/keys"\n'
    (complaint,) = refused(tmp_path, auth.format("http", "sign-in.example.com"))
    assert "[api.auth] jwks_url: must be https" in complaint
    loaded(tmp_path, auth.format("https", "sign-in.example.com"))
    loaded(tmp_path, auth.format("http", "127.0.0.1:9000"))


def test_checks_between_sections_are_made_where_those_sections_are_sound(tmp_path: Path) -> None:
    complaints = refused(tmp_path, '[log]\nlevel = "loud"\n[store]\nlease = 1.0\n')
    assert len(complaints) == 2


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_the_store_waits_less_than_the_budget_unless_told_otherwise() -> None:
    settings = Settings()
    store = settings.store
    assert max(store.pool_timeout, store.statement_timeout, store.busy_timeout) < settings.decision.budget


def test_the_password_of_the_database_is_put_into_its_address(tmp_path: Path) -> None:
    keys, password = write(tmp_path, "keys", "k"), write(tmp_path, "password", "hush\n")
    text = f'[store]\nurl = "postgresql+asyncpg://user@db/x"\n[staff]\nlink_key_file = "{keys}"\n'
    given = loaded(tmp_path, text, {"ADAPTER__STORE__PASSWORD": "hush"}).store.engine_url()
    read = loaded(tmp_path, text, {"ADAPTER__STORE__PASSWORD_FILE": str(password)}).store.engine_url()
    assert given.password == read.password == "hush"
    assert loaded(tmp_path, text).store.engine_url().password is None
