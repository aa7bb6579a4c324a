"""The tokens file, and the command that makes tokens for it."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from click.testing import CliRunner

from adapter.cli.token import command
from adapter.web.credentials import BadTokensFile, Tokens
from adapter.web.failure import Failure
from tests.support.tokens import digest_of, tokens_file

GOOD = f"site {'0' * 64}"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "holds no token"),
        ("# nothing\n\n", "holds no token"),
        ("site", "line 1 "),
        (f"{GOOD}\nsite {'0' * 63}", "line 2 "),
        (f"{GOOD}\nsite {'g' * 64}", "line 2 "),
        (f"a name {'0' * 64}", "line 1 "),
        (f"{GOOD} more", "line 1 "),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_not_what(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(content)
    with pytest.raises(BadTokensFile, match=complaint) as caught:
        Tokens.read(path)
    assert "0" * 20 not in str(caught.value)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadTokensFile, match="can't be read"):
        Tokens.read(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(BadTokensFile, match="can't be read"):
        Tokens.read(tmp_path / "bytes")


def test_a_new_token_is_shown_once_with_its_line() -> None:
    shown = CliRunner().invoke(command, ["new", "site"]).output.splitlines()
    token, line = (text.partition(":")[2].strip() for text in shown)
    assert len(token) >= 40
    assert line == f"site {hashlib.sha256(token.encode()).hexdigest()}"


def test_a_new_token_can_be_added_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    first = CliRunner().invoke(command, ["new", "site", "--file", str(path)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text(path.read_text().rstrip("\n"))
    second = CliRunner().invoke(command, ["new", "site", "--file", str(path)])
    assert (first.exit_code, second.exit_code) == (0, 0)
    digests = [line.split()[1] for line in path.read_text().splitlines()]
    made = [result.stdout.partition(":")[2].strip() for result in (first, second)]
    assert digests == [hashlib.sha256(token.encode()).hexdigest() for token in made]
    assert Tokens.read(path)


@pytest.mark.parametrize("name", ["", "a b", "é", "x" * 65, "a\nb"])
def test_a_name_that_would_not_be_read_back_is_refused(name: str) -> None:
    assert CliRunner().invoke(command, ["new", name]).exit_code == 2


async def test_a_file_is_read_again_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    path, first, second = tokens_file(tmp_path)
    tokens = Tokens.read(path)

    async def knows(token: str) -> bool:
        request = make_mocked_request("GET", "/", headers={"Authorization": f"Bearer {token}"})
        try:
            return bool(await tokens.caller(request))
        except Failure:
            return False

    assert await knows(first)
    assert await knows(second)
    path.write_text(f"other {digest_of(second)}\n")
    assert tokens.reread() == 1
    assert [await knows(first), await knows(second)] == [False, True]
    for bad in ("", "other"):
        path.write_text(bad)
        with pytest.raises(BadTokensFile):
            tokens.reread()
        assert await knows(second)
