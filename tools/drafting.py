"""A connector drafted from what a system's owner publishes, put before a person, and written once it is approved.

Nothing is written and nothing can be used before that. Drafting asks no model and no network: the same files, words
and answers give the same draft, so an approval is given to a digest and the draft is made again to be written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import own
from connectors.contract import CONNECTORS, DECLARED
from spec.errors import ApprovalNeededError, SpecError, UnsupportedError, UsageError
from spec.records import record
from tools.context import Context

if TYPE_CHECKING:
    from connectors.drafting.drafter import Drafted
    from connectors.drafting.questions import Open
    from connectors.http.conformance.suite import Verdict

MOST_TRIED = 12
"""Lists that are tried against the description while a draft is shown; each takes about a second."""
OPEN = "leave out what is open"
"""Among the answers: no further question is wanted."""
DESCRIBED = (
    "Drafted from the description. Its requests and the answers are checked against that; how pages come and what "
    "filters mean is confirmed by nothing independent."
)
SHOWN = "Drafted from example answers alone: nothing else confirms it."


@record(frozen=True)
class Wanted:
    """What somebody wants a connector of. ``description`` is one file, ``examples`` are answers and a text beside."""

    name: str
    description: Path | None = None
    examples: tuple[Path, ...] = ()
    about: str = ""
    base_url: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@record(frozen=True)
class ConnectorDraft:
    """A draft as it is shown. ``verdicts`` are what came of trying it against the description."""

    drafted: Drafted
    proof: str
    verdicts: tuple[Verdict, ...]
    untried: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What an approval is given to."""
        return self.drafted.digest

    @property
    def questions(self) -> tuple[Open, ...]:
        """What only a person can say."""
        return self.drafted.questions

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """What does not hold against the description."""
        return tuple(one for one in self.verdicts if one.result == "broken")

    @property
    def readme(self) -> str:
        """The page beside the connector."""
        from connectors.drafting.page import page

        return page(self.drafted, self.proof, self.verdicts, self.untried)


def draft(context: Context, wanted: Wanted, *, tried: int = MOST_TRIED) -> ConnectorDraft:
    """Draft a connector; of its lists the first ``tried`` are tried against the description. Nothing is written.

    Raises UsageError for a name that cannot be one or an answer to nothing asked, DataError with file and line for a
    file that is damaged or unsafe, LimitError for one too large.
    """
    from connectors.drafting.played import verdicts

    context.need("connect")
    _may_be_named(wanted.name)
    drafted = made(wanted)
    if wanted.description is None:
        return ConnectorDraft(drafted, SHOWN, (), tuple(drafted.definition.streams))
    names = list(drafted.definition.streams)[:tried]
    found = tuple(verdicts(drafted, wanted.description, names))
    missed = tuple(one for one in drafted.definition.streams if one not in names)
    return ConnectorDraft(drafted, DESCRIBED, found, missed)


def made(wanted: Wanted) -> Drafted:
    """The draft itself, tried on nothing; raises as ``draft``."""
    from connectors.drafting.drafter import Wish
    from connectors.drafting.drafter import draft as drafted
    from connectors.drafting.examples import from_examples
    from connectors.drafting.sources import from_description

    answers = {key: said for key, said in wanted.answers.items() if key != OPEN}
    wish = Wish(wanted.name, wanted.about, answers, wanted.base_url)
    if wanted.description is not None:
        api, where = from_description(wanted.description)
        return drafted(api, wish, where, source=wanted.description.name)
    if not wanted.examples:
        raise UsageError(
            "There is nothing to draft from.",
            hint="Name a description with --description, or a folder of example answers with --examples.",
        )
    api, about = from_examples(wanted.examples, wanted.about)
    return drafted(api, Wish(wish.name, about, wish.answers, wish.base_url), {}, source="example answers", grade="E")


def approve(
    context: Context,
    wanted: Wanted,
    digest: str,
    *,
    by: str,
    now: datetime,
    out: Path | None = None,
    seen: ConnectorDraft | None = None,
) -> Path:
    """Write a draft that a person approved, by its digest; the connector's folder.

    ``seen`` is the draft as it was shown, where it is at hand: it need not be tried again then.
    Raises ApprovalNeededError where the draft is another by now, SpecError where something of that name is there.
    """
    for right in ("connect", "approve"):
        context.need(right)
    _may_be_named(wanted.name)
    name = by.strip()
    if not name:
        raise UsageError("Who approves?", hint="Give a name with --by.")
    shown = seen if seen is not None else draft(context, wanted)
    if shown.digest != digest or made(wanted).digest != digest:
        raise ApprovalNeededError(
            "The draft is not the one that was shown.",
            hint="Its files, its answers or the product changed. Look at it again and approve that.",
            data={"connector": wanted.name, "digest": shown.digest},
        )
    if not shown.drafted.definition.streams:
        raise SpecError("The draft reads no list yet.", hint="Answer its questions first.")
    folder = (out or context.workspace.connectors) / wanted.name
    file = folder / own.FILE
    if file.exists() and own.digest(file.read_bytes()) != context.workspace.store.approved_connector(wanted.name):
        raise SpecError(
            f"There is a connector {wanted.name!r} that somebody wrote or changed.",
            hint="Give the new one another name, or remove that folder first.",
            where={"file": str(file)},
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(shown.readme, encoding="utf-8")
    file.write_text(shown.drafted.yaml, encoding="utf-8")
    if out is None:
        _record(context, wanted.name, digest, name, now)
    return folder


def approve_own(context: Context, name: str, *, by: str, now: datetime) -> str:
    """Approve a connector in the workspace's folder as it stands; its digest. SpecError for one that is none."""
    from connectors.http.definition import read_definition

    for right in ("connect", "approve"):
        context.need(right)
    if not by.strip():
        raise UsageError("Who approves?", hint="Give a name with --by.")
    _may_be_named(name)
    file = context.workspace.connectors / name / own.FILE
    if not file.is_file():
        raise UsageError(f"There is no connector {name!r} in this workspace.", where={"file": str(file)})
    content = file.read_bytes()
    read_definition(file)
    _record(context, name, own.digest(content), by.strip(), now)
    return own.digest(content)


def _record(context: Context, name: str, digest: str, by: str, now: datetime) -> None:
    detail = {"digest": digest, "by": by}
    context.workspace.store.record(context.principal, "approve connector", name, detail, now)


def _may_be_named(name: str) -> None:
    if re.fullmatch(own.NAME, name) is None:
        raise UsageError(
            f"{name!r} cannot be the name of a connector.", hint="Use small letters, digits and underscores."
        )
    if DECLARED.shelf.has(name) or CONNECTORS.has(name):
        raise UnsupportedError(
            f"There is a connector {name!r} already.",
            hint=f"Connect it (dreflow connectors add ... {name}), or take another name.",
        )


def is_description(file: Path) -> bool:
    """Whether a file is a description that a connector can be drafted from, as far as its beginning tells."""
    from connectors.drafting.sources import looks_like

    return looks_like(file)


def streams_in_words(draft_: ConnectorDraft) -> Sequence[tuple[str, str, str, str, str]]:
    """Of each list: its name, its address, its key, how it comes in pages, and how changes are asked for."""
    definition = draft_.drafted.definition
    rows = []
    for name, one in definition.streams.items():
        request = definition.request(name, incremental=False)
        use = request.paginate.use if request.paginate is not None else "none"
        address = one.path or draft_.drafted.endpoints[name].name
        changed = one.cursor.field[1:] if one.cursor is not None else "read whole"
        rows.append((name, address, ", ".join(one.primary_key) or "none", use, changed))
    return rows
