"""How this workspace uses models: which for what, where they are, what they may see; and their keys, in the vault.

The settings lie in ``models.json`` of the workspace's folder. A key is never in it, in a message or in a log.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, ValidationError

from spec.base import Document
from spec.errors import AccessError, UsageError
from tools.connections import vault
from tools.context import Context

FILE = "models.json"
Task = Literal["draft", "answer", "extract", "route", "explain"]
"""``draft`` plans pipelines, ``answer`` plans questions, ``extract`` proposes which columns of two tables correspond,
``route`` tells where a message belongs that is no question, ``explain`` puts results and documents into words."""
TASKS: tuple[Task, ...] = get_args(Task)


class ModelSettings(Document):
    """How a workspace uses models. Without any, everything is done by the built-in planner."""

    routes: dict[Task, tuple[str, ...]] = Field(
        default={}, description="Task to models as 'provider:model', tried in this order; 'builtin' comes last anyway."
    )
    urls: dict[str, str] = Field(default={}, description="Provider to the address it is reached at.")
    rows: Literal["never", "local", "always"] = Field(
        default="local", description="Which models may see rows: none, those on this machine, or all."
    )
    personal: Literal["mask", "local"] = Field(
        default="mask",
        description="Data with personal or secret columns: masked for models elsewhere, or kept from them altogether.",
    )
    trusted_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts of our own network whose models count as local."
    )
    without_tools: tuple[str, ...] = Field(
        default=(), description="Models as 'provider:model' that cannot call tools although their provider can."
    )


def settings(context: Context) -> ModelSettings:
    """The workspace's settings; raises UsageError where the file is not one."""
    file = context.workspace.folder / FILE
    try:
        return ModelSettings.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ModelSettings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(
            f"The settings of the models are not valid: {first['msg']}.",
            hint="Mend the file, or remove it to begin anew.",
            where={"file": str(file), "field": ".".join(map(str, first["loc"]))},
        ) from None


def change(context: Context, changes: Mapping[str, object], *, now: datetime) -> ModelSettings:
    """Put changed settings in place of those before, and record who did. Raises UsageError for an invalid value."""
    context.need("admin")
    try:
        wanted = ModelSettings.model_validate({**settings(context).model_dump(), **changes})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    file = context.workspace.folder / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=f".{FILE}-", dir=file.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(json.dumps(wanted.model_dump(mode="json", exclude_defaults=True), indent=1) + "\n")
    Path(beside).replace(file)
    context.workspace.store.record(context.principal, "set models", "models", {"changed": [*sorted(changes)]}, now)
    return wanted


def keep_key(context: Context, provider: str, key: str, *, now: datetime) -> None:
    """Keep a provider's key in the vault, for this workspace."""
    context.need("admin")
    if not key.strip():
        raise UsageError("The key is empty.", hint="Type it when asked, or pipe it in with --stdin.")
    vault().put(_entry(context, provider), key.strip())
    context.workspace.store.record(context.principal, "save model key", provider, {}, now)


def forget_key(context: Context, provider: str, *, now: datetime) -> bool:
    """Forget a provider's key; False when there was none in the vault."""
    context.need("admin")
    found = vault().delete(_entry(context, provider))
    context.workspace.store.record(context.principal, "forget model key", provider, {"found": found}, now)
    return found


def key_of(context: Context, provider: str, variables: tuple[str, ...]) -> str | None:
    """A provider's key: the vault's for this workspace, else of the first environment variable that is set."""
    store = vault()
    name = _entry(context, provider)
    # Opening the vault costs a library; who keeps no key there does not pay for it.
    kept = store.get(name) if name in store.names() else None
    return kept or next((os.environ[one] for one in variables if os.environ.get(one)), None)


def need_key(context: Context, provider: str, title: str, variables: tuple[str, ...]) -> str:
    """As ``key_of``; raises AccessError where there is none."""
    found = key_of(context, provider, variables)
    if found is None:
        raise AccessError(
            f"There is no key for {title}.",
            hint=f"Give it with 'dreflow models key {provider}', or set {variables[0]}.",
            data={"provider": provider},
        )
    return found


def _entry(context: Context, provider: str) -> str:
    return f"model/{context.workspace.store.workspace}/{provider}"
