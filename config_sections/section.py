"""What all sections of the settings share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section of the settings; unknown keys are refused, each attribute's docstring documents it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
