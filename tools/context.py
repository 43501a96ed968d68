"""Who asks, where, and with which rights: what every tool takes first and enforces itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from spec.errors import AccessError
from spec.records import record

if TYPE_CHECKING:
    from memory.workspace import Workspace

Right = Literal["ask", "plan", "approve", "run", "connect", "admin"]
ALL_RIGHTS: frozenset[Right] = frozenset(get_args(Right))

_MEANING: dict[Right, str] = {
    "ask": "ask questions",
    "plan": "plan pipelines",
    "approve": "approve pipelines",
    "run": "run pipelines",
    "connect": "add or change connections",
    "admin": "administer this workspace",
}


@record(frozen=True)
class Context:
    """One principal at work in one workspace; ``rights`` were looked up for them, not chosen by the caller."""

    workspace: Workspace
    principal: str
    rights: frozenset[Right] = ALL_RIGHTS

    def need(self, right: Right) -> None:
        """Refuse to go on without a right; raises AccessError."""
        if right not in self.rights:
            raise AccessError(
                f"{self.principal} may not {_MEANING[right]} in this workspace.",
                hint="Someone with the right 'admin' can grant it.",
                data={"principal": self.principal, "needs": right},
            )


def context_of(workspace: Workspace, principal: str) -> Context:
    """The context of a principal. As long as a workspace has no principals, it is one person's and they may do all."""
    given = workspace.store.principals()
    if not given:
        return Context(workspace, principal)
    granted = given.get(principal, frozenset())
    return Context(workspace, principal, frozenset(right for right in ALL_RIGHTS if right in granted))
