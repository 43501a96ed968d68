"""The base of what requests and answers carry."""

from __future__ import annotations

from pydantic import ConfigDict

from spec.base import Document


class Body(Document):
    """A document whose validators are there when FastAPI builds its routes, as it expects."""

    model_config = ConfigDict(defer_build=False)
