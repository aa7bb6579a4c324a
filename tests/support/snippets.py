"""The commands of a page, run as a reader would: one shell for each section, in a folder of its own, on free ports.

What a code fence is stands behind its backticks:

- ` ```bash run `: is run, and must succeed; so is ` ```python run `, as a script;
- ` ```bash start `: keeps running until the section ends;
- ` ```text shows `: each of its lines must be in what the fence before it printed;
- ` ```sql run `, ` ```bash checked `, ` ```text drawing `, ` ```mermaid `: not for a shell; tests/docs checks each kind
  by itself. There is no other kind.

A page that starts something before its first heading of the second level is one section.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HANG_GUARD = 90.0
FOLLOWED = ("bash run", "bash start", "python run", "text shows")
CHECKED = ("sql run", "bash checked", "text drawing", "mermaid")

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PORTS = re.compile(r"\b(8080|8090|8025|1025)\b")
_END = "snippet ended:"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fence."""

    page: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the second level (or a whole page), and what a reader follows under it."""

    page: str
    title: str
    snippets: tuple[Snippet, ...]


def snippets(page: Path) -> list[Snippet]:
    """Every fence of a page."""
    return _snippets(page, page.read_text(encoding="utf-8"))


def sections(page: Path) -> list[Section]:
    """Those that have something to follow."""
    parts = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if any(snippet.kind == "bash start" for snippet in _snippets(page, parts[0])):
        parts = ["\n".join(parts)]
    found = []
    for part in parts:
        followed = tuple(snippet for snippet in _snippets(page, part) if snippet.kind in FOLLOWED)
        if followed:
            found.append(Section(page.name, part.splitlines()[0].strip("# "), followed))
    return found


def _snippets(page: Path, text: str) -> list[Snippet]:
    return [Snippet(page.name, kind, content) for kind, content in _FENCE.findall(text)]


class Reader:
    """Somebody who follows one section."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = dict(zip(("8080", "8090", "8025", "1025"), _free_ports(4), strict=True))
        self._started: list[asyncio.subprocess.Process] = []
        self._shell: asyncio.subprocess.Process | None = None
        self._said = ""

    async def follow(self, section: Section) -> None:
        """Runs it all. Raises `AssertionError` for the first thing that isn't as the page says."""
        self._lay_out()
        try:
            for snippet in section.snippets:
                await self._do(snippet)
        finally:
            await self._leave()

    async def _do(self, snippet: Snippet) -> None:
        text = self._moved(snippet.text)
        async with asyncio.timeout(HANG_GUARD):
            match snippet.kind:
                case "bash start":
                    self._said = await self._start(text)
                case "bash run":
                    self._said = await self._run(text)
                case "python run":
                    self._said = await self._run(f"python - <<'END OF PYTHON'\n{text}END OF PYTHON")
                case _:
                    missing = [line for line in text.splitlines() if line not in self._said]
                    assert missing == [], self._said

    def _lay_out(self) -> None:
        """What a fresh clone has, as far as the pages use it; the shipped settings on this reader's ports."""
        config = (ROOT / "config.toml").read_text(encoding="utf-8")
        (self._folder / "config.toml").write_text(self._moved(config), encoding="utf-8")
        for name in ("Makefile", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, self._folder)
        made = self._folder / ".venv"
        made.mkdir()
        (made / "bin").symlink_to(Path(sys.executable).parent)
        (made / "pyvenv.cfg").touch()
        (made / ".runtime").touch()  # made after all that it is made from, so that make installs nothing

    def _moved(self, text: str) -> str:
        return _PORTS.sub(lambda found: self._ports[found[1]], text)

    @property
    def _environment(self) -> dict[str, str]:
        ports = self._ports
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ADAPTER__", "MAKE"))}
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "ARGS": f"--port {ports['8080']} --fake-port {ports['8090']} --smtp-port {ports['1025']}"
            f" --mails-port {ports['8025']}",
        }

    async def _start(self, command: str) -> str:
        process = await self._bash("-c", f"exec {command.strip()}")
        self._started.append(process)
        assert process.stdout is not None
        said = ""
        while "ready: " not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
        return said

    async def _run(self, text: str) -> str:
        if self._shell is None:
            self._shell = await self._bash("-s")
        shell = self._shell
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"{text}\necho; echo '{_END}' $?\n".encode())
        await shell.stdin.drain()
        said = ""
        while not (line := (await shell.stdout.readline()).decode()).startswith(_END):
            assert line, said
            said += line
        assert line.split()[-1] == "0", said
        return said

    async def _bash(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "bash",
            *arguments,
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def _leave(self) -> None:
        """As Ctrl-C does: the whole group of each process that was started is told."""
        for process in reversed([*self._started, *([self._shell] if self._shell else [])]):
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGTERM)
            async with asyncio.timeout(HANG_GUARD):
                await process.communicate()


def _free_ports(number: int) -> list[str]:
    """Ports that were free a moment ago, each another."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [str(one.getsockname()[1]) for one in sockets]
