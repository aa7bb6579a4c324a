"""How files and the environment become settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.config import ConfigError, load
from adapter.config.environment import read_environment
from adapter.config.settings import Tree
from tests.support.config_files import BASE, a_prison, loaded, refused, write


def test_settings_that_nobody_sets_have_their_built_in_values(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "")
    assert settings.decision.budget == 2.0
    assert settings.store.lease == 40.0
    assert len(settings.prisons) == 0


def test_later_files_overlay_earlier_ones_table_by_table_key_by_key(tmp_path: Path) -> None:
    first = write(tmp_path, "1.toml", BASE + "read_timeout = 4.0\nbook_timeout = 15.0\n[api]\nport = 8081\n")
    second = write(tmp_path, "2.toml", "[nomis]\nread_timeout = 3.0\n")
    settings = load([first, second], {})
    assert (settings.nomis.read_timeout, settings.nomis.book_timeout, settings.api.port) == (3.0, 15.0, 8081)
    assert load([second, first], {}).nomis.read_timeout == 4.0


def test_lists_are_replaced_not_joined(tmp_path: Path) -> None:
    first = write(tmp_path, "1.toml", BASE + '[api]\ntrusted_proxies = ["10.0.0.1", "10.0.0.2"]\n')
    second = write(tmp_path, "2.toml", '[api]\ntrusted_proxies = ["10.1.0.0/16"]\n')
    assert load([first, second], {}).api.trusted_proxies == ("10.1.0.0/16",)


def test_a_prison_is_overlaid_key_by_key_too(tmp_path: Path) -> None:
    first = write(tmp_path, "1.toml", BASE + a_prison())
    second = write(tmp_path, "2.toml", '[prisons.LEI]\nenabled = false\n[prisons.LEI.recurring]\ntue = ["0900-1000"]\n')
    prison = load([first, second], {}).prisons.by_key("LEI")
    assert prison is not None
    assert not prison.enabled
    assert prison.name == "Leeds 1"
    assert set(prison.recurring) == {0, 1}


def test_the_environment_overlays_all_files(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        "[api]\nport = 8081\n",
        {
            "ADAPTER__API__PORT": "9000",
            "ADAPTER__NOMIS__BASE_URL": "https://nomis.example.com/nomisapi",
            "ADAPTER__API__TRUSTED_PROXIES": '["10.0.0.0/8"]',
            "UNRELATED": "1",
            "ADAPTER_SOMETHING": "1",
        },
    )
    assert settings.api.port == 9000
    assert settings.nomis.base_url == "https://nomis.example.com/nomisapi"
    assert settings.api.trusted_proxies == ("10.0.0.0/8",)


@pytest.mark.parametrize("name", ["ADAPTER__API__PORT", "adapter__api__port", "Adapter__Api__Port"])
def test_names_in_the_environment_are_the_same_in_any_case(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, "", {name: "9000"}).api.port == 9000


@pytest.mark.parametrize("name", ["ADAPTER__PRISONS__LEI__ENABLED", "adapter__prisons__lei__enabled"])
def test_a_prison_is_found_in_any_case(tmp_path: Path, name: str) -> None:
    prison = loaded(tmp_path, a_prison(), {name: "false"}).prisons.by_key("LEI")
    assert prison is not None
    assert not prison.enabled


def test_the_environment_can_make_a_prison(tmp_path: Path) -> None:
    table = (
        '{id = "d62cea22-31f6-4499-90c9-a3d3d2ea6f95", name = "Cardiff", email_address = "c@example.com",'
        ' recurring = {mon = ["1400-1500"]}}'
    )
    environ = {"ADAPTER__PRISONS__CFI__ENABLED": "false", "ADAPTER__PRISONS__CFI": table}
    prison = loaded(tmp_path, "", environ).prisons.by_key("CFI")
    assert prison is not None
    assert prison.name == "Cardiff"
    assert not prison.enabled


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("plain", "plain"),
        ('"quoted"', "quoted"),
        ("12345", "12345"),
        ("1e5", "1e5"),
        ("true", "true"),
        ("2026-12-25", "2026-12-25"),
        ("", ""),
        ('un"balanced', 'un"balanced'),
        ("a\nb = 1", "a\nb = 1"),
        ("1\nother = 2", "1\nother = 2"),
        ("#hush", "#hush"),
    ],
)
def test_text_from_the_environment_stays_what_it_is(tmp_path: Path, text: str, meant: str) -> None:
    settings = loaded(tmp_path, "", {"ADAPTER__NOMIS__AUTH__CLIENT_SECRET": text})
    assert settings.nomis.auth.client_secret is not None
    assert settings.nomis.auth.client_secret.get_secret_value() == meant


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("false", False), ("auto", "auto"), ('"auto"', "auto")])
def test_values_from_the_environment_are_toml_where_they_can_be(tmp_path: Path, text: str, meant: object) -> None:
    assert loaded(tmp_path, "", {"ADAPTER__NOMIS__FIND_BY_REF": text}).nomis.find_by_ref == meant


@given(st.text())
def test_no_value_in_the_environment_breaks_the_reading(text: str) -> None:
    variables, complaints = read_environment({"ADAPTER__NOMIS__BASE_URL": text}, Tree, {})
    assert complaints == []
    assert isinstance(variables[0].value, str)


def test_included_files_are_found_from_the_file_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "etc/prisons/a.toml", a_prison(1, "AAA"))
    write(tmp_path, "etc/prisons/b.toml", a_prison(2, "BBB"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    main = write(tmp_path, "etc/main.toml", 'include = ["prisons/*.toml"]\n' + BASE + a_prison(3, "CCC"))
    assert {prison.key for prison in load([main], {}).prisons.all()} == {"AAA", "BBB", "CCC"}


def test_later_files_add_their_includes_to_the_earlier_ones(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", a_prison(1, "AAA"))
    write(tmp_path, "b.toml", a_prison(2, "BBB"))
    first = write(tmp_path, "1.toml", 'include = ["a.toml"]\n' + BASE)
    second = write(tmp_path, "2.toml", 'include = ["b.toml"]\n')
    assert {prison.key for prison in load([first, second], {}).prisons.all()} == {"AAA", "BBB"}


def test_a_later_file_overlays_what_an_earlier_one_included(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", a_prison(1, "AAA"))
    first = write(tmp_path, "1.toml", 'include = ["a.toml"]\n' + BASE)
    second = write(tmp_path, "2.toml", 'include = ["a.toml"]\n[prisons.AAA]\nname = "Another"\n')
    prison = load([first, second], {}).prisons.by_key("AAA")
    assert prison is not None
    assert prison.name == "Another"


def test_an_included_file_may_say_more_of_a_prison_but_not_something_else(tmp_path: Path) -> None:
    write(tmp_path, "more.toml", '[prisons.LEI.anomalous]\n"2031-12-24" = ["0900-1000"]\n')
    write(tmp_path, "else.toml", '[prisons.LEI]\nname = "Elsewhere"\n')
    main = write(tmp_path, "main.toml", 'include = ["more.toml"]\n' + BASE + a_prison())
    prison = load([main], {}).prisons.by_key("LEI")
    assert prison is not None
    assert len(prison.anomalous) == 1
    main = write(tmp_path, "main.toml", 'include = ["else.toml"]\n' + BASE + a_prison())
    with pytest.raises(ConfigError) as error:
        load([main], {})
    (complaint,) = error.value.complaints
    assert complaint.startswith(f"{tmp_path / 'else.toml'}: [prisons.LEI] name: is set in {main} too")


def test_an_included_file_holds_prisons_only(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", "[api]\nport = 1\n")
    (complaint,) = refused(tmp_path, 'include = ["a.toml"]\n')
    assert complaint == f"{tmp_path / 'a.toml'}: api: an included file may hold [prisons.*] tables only"


def test_a_pattern_may_match_nothing_but_a_file_that_is_named_is_there(tmp_path: Path) -> None:
    loaded(tmp_path, 'include = ["prisons/*.toml"]\n')
    (complaint,) = refused(tmp_path, 'include = ["prisons/LEI.toml"]\n')
    assert complaint == f"{tmp_path / 'given.toml'}: include: there is no file prisons/LEI.toml"


def test_relative_paths_start_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "secrets/tokens", "")
    main = write(tmp_path, "etc/main.toml", BASE + '[api.auth]\nmode = "token"\ntokens_file = "secrets/tokens"\n')
    assert load([main], {}).api.auth.tokens_file == Path("secrets/tokens")


def test_the_settings_never_change(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "")
    with pytest.raises(ValueError, match="frozen"):
        settings.api.port = 1  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        settings.store = settings.store  # type: ignore[misc]


def test_staff_and_metrics_share_the_listener_of_the_api_unless_told_otherwise(tmp_path: Path) -> None:
    together = loaded(tmp_path, "[api]\nport = 9000\n")
    assert together.staff_listener == together.metrics_listener == ("127.0.0.1", 9000)
    apart = loaded(tmp_path, '[staff]\nport = 8081\n[metrics]\nhost = "127.0.0.2"\n')
    assert apart.staff_listener == ("127.0.0.1", 8081)
    assert apart.metrics_listener == ("127.0.0.2", 8080)
