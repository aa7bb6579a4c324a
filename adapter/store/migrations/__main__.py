"""Writes the next migration: what differs between the migrations so far and `tables.py`.

    python -m adapter.store.migrations "what changes"

Read what it wrote before it is committed. It is made against SQLite and must be valid for both databases.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import create_engine

from adapter.store.schema import migrations_config


def main(message: str) -> None:
    """Adds one file to `versions`, numbered one up."""
    config = migrations_config()
    number = 1 + len(list(ScriptDirectory.from_config(config).walk_revisions()))
    with create_engine("sqlite://").begin() as connection:
        config.attributes["connection"] = connection
        if number > 1:
            command.upgrade(config, "head")
        written = command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
    assert isinstance(written, Script), "one message, one migration"
    path = Path(written.path)
    path.write_text("".join(line for line in path.open() if "# ###" not in line))


if __name__ == "__main__":
    main(sys.argv[1])
