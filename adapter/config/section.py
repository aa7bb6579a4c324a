"""What every section has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port; 0 lets the operating system choose one."""

Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A table of the configuration: frozen, and it knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
