"""`visits-adapter check-config`, and what every command has from the command line's base."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from adapter.cli import main
from tests.support.config_files import BASE, a_prison, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ADAPTER__")]:
        monkeypatch.delenv(name)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="visits-adapter")


def test_it_prints_what_each_prison_offers_in_its_booking_window(tmp_path: Path) -> None:
    mailbox = a_prison(2, "CFI", 'name_cy = ""', timetable="").replace("Leeds 2", "Cardiff")
    text = BASE + a_prison(more="real_time = true\nbooking_window = 14") + mailbox + a_prison(3, "XXX", "closed = true")
    result = run("check-config", "--config", write(tmp_path, "c.toml", text), "--today", "2026-12-10")
    assert result.exit_code == 0, result.output
    assert result.output == (
        "Cardiff (CFI, LEI in the prison system): by mailbox, 0 slots\n"
        "  answered by Tue 15 Dec 2026, bookable from Wed 16 Dec 2026 to Thu 07 Jan 2027\n"
        "\n"
        "Leeds 1 (LEI): real time, 1 slot\n"
        "  answered by Tue 15 Dec 2026, bookable from Wed 16 Dec 2026 to Thu 24 Dec 2026\n"
        "  Mon 21 Dec 2026  14:00-16:00\n"
        "\n"
        "Leeds 3 (XXX, LEI in the prison system): closed\n"
        "\n"
        "The configuration is good: 3 prisons.\n"
    )


def test_a_bad_configuration_ends_with_1_and_every_complaint(tmp_path: Path) -> None:
    path = write(tmp_path, "c.toml", BASE + "[api]\nport = -1\n[log]\nlevel = 'loud'\n")
    result = run("check-config", "--config", path)
    assert result.exit_code == 1
    assert result.output == (
        "Error: the configuration has 2 faults:\n"
        f"  - {path}: [api] port: should be greater than or equal to 0\n"
        f"  - {path}: [log] level: should be 'debug', 'info', 'warning' or 'error'\n"
    )


def test_config_may_be_given_more_than_once(tmp_path: Path) -> None:
    first, second = write(tmp_path, "1.toml", BASE), write(tmp_path, "2.toml", a_prison())
    result = run("check-config", "--config", first, "--config", second)
    assert "The configuration is good: 1 prison.\n" in result.output


def test_without_config_it_is_the_one_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("check-config")
    assert (result.exit_code, "config.toml: there is no such file" in result.output) == (1, True)
    write(tmp_path, "config.toml", BASE + a_prison())
    assert run("check-config").exit_code == 0


def test_the_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "c.toml", BASE)
    monkeypatch.setenv("ADAPTER__API__PORT", "9000")
    monkeypatch.setenv("ADAPTER__NOMIS__AUTH__CLIENT_SECRET", "hush")
    result = run("check-config", "--config", path, "--settings")
    assert "[api] port = 9000\n" in result.output
    assert "[nomis.auth] client_secret = ***\n" in result.output
    assert "hush" not in result.output


def test_the_shipped_configuration_is_good() -> None:
    result = run("check-config", "--config", ROOT / "config.toml")
    assert result.exit_code == 0
    assert "Leeds (LEI): real time" in result.output


def test_help_lists_every_command_without_loading_it() -> None:
    code = (
        "import sys\nfrom adapter.cli import main\n"
        "try: main(['--help'])\nfinally: print([name for name in sys.modules if name.startswith('adapter.cli.')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert "check-config" in ran.stdout
    assert "[]" in ran.stdout.splitlines()


def test_it_runs_as_a_module_too() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "adapter", "--version"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stdout.startswith("visits-adapter, version ")


def test_an_unknown_command_is_a_usage_error() -> None:
    assert run("check-confg").exit_code == 2


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("Ada Lovelace"), "Error: a fault of ours: RuntimeError at "),
        (FileNotFoundError(2, "No such file or directory", "var/x"), "Error: var/x: No such file or directory\n"),
        (click.ClickException("what to do"), "Error: what to do\n"),
    ],
)
def test_whatever_goes_wrong_is_one_message(error: Exception, message: str) -> None:
    @click.command("broken")
    def broken() -> None:
        raise error

    class Broken(type(main)):  # type: ignore[misc]
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return broken

    result = CliRunner().invoke(Broken(), ["broken"])
    assert result.exit_code == 1
    assert result.output.startswith(message)
    assert "Ada" not in result.output
    assert "Traceback" not in result.output
