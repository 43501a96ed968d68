"""The rest of the store: workspaces, principals, connections, spec versions, approvals, threads, definitions, audit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import field
from datetime import datetime
from typing import Literal, cast

from memory.database import Database, Row, Value
from memory.run_store import StoredApproval, StoredRuns, instant, stored_spec, when
from spec.base import JsonValue
from spec.codec import digest, to_plain
from spec.pipeline import Definition, Pipeline
from spec.records import record

ADD_WORKSPACE = """
INSERT INTO workspaces (id, name, created_at) VALUES (:id, :name, :at) ON CONFLICT (id) DO NOTHING
"""
WORKSPACE = "SELECT name FROM workspaces WHERE id = :workspace"
PRINCIPALS = "SELECT name, kind, rights FROM principals WHERE workspace = :workspace ORDER BY name"
SAVE_PRINCIPAL = """
INSERT INTO principals (workspace, name, kind, rights, created_at) VALUES (:workspace, :name, :kind, :rights, :at)
ON CONFLICT (workspace, name) DO UPDATE SET kind = excluded.kind, rights = excluded.rights
"""
SAVE_CONNECTION = """
INSERT INTO connections (workspace, name, connector, config, secret, created_by, created_at)
VALUES (:workspace, :name, :connector, :config, :secret, :by, :at)
ON CONFLICT (workspace, name) DO UPDATE
SET connector = excluded.connector, config = excluded.config, secret = excluded.secret
"""
CONNECTIONS = "SELECT name, connector, config, secret FROM connections WHERE workspace = :workspace ORDER BY name"
CONNECTION = "SELECT name, connector, config, secret FROM connections WHERE workspace = :workspace AND name = :name"
SAVE_SPEC = """
INSERT INTO spec_versions (workspace, digest, pipeline, spec, created_by, created_at, thread)
VALUES (:workspace, :digest, :pipeline, :spec, :by, :at, :thread)
ON CONFLICT (workspace, digest) DO UPDATE SET thread = COALESCE(excluded.thread, spec_versions.thread)
"""
SPEC_THREAD = "SELECT thread FROM spec_versions WHERE workspace = :workspace AND digest = :digest"
SPEC = "SELECT spec FROM spec_versions WHERE workspace = :workspace AND digest = :digest"
SPECS = """
SELECT digest, pipeline, created_by, created_at FROM spec_versions
WHERE workspace = :workspace ORDER BY created_at DESC, digest LIMIT :limit
"""
APPROVE = """
INSERT INTO approvals (workspace, id, spec_digest, approved_by, approved_at, entered_by)
VALUES (:workspace, :id, :digest, :by, :at, :entered_by)
"""
WITHDRAW = """
UPDATE approvals SET withdrawn_by = :by, withdrawn_at = :at
WHERE workspace = :workspace AND spec_digest = :digest AND withdrawn_at IS NULL
"""
SAVE_THREAD = """
INSERT INTO threads (workspace, id, want, request, data, answers, question, history, created_by, created_at, updated_at)
VALUES (:workspace, :id, :want, :request, :data, :answers, :question, :history, :by, :at, :at)
ON CONFLICT (workspace, id) DO UPDATE
SET want = excluded.want, request = excluded.request, data = excluded.data, answers = excluded.answers,
    question = excluded.question, history = excluded.history, updated_at = excluded.updated_at
"""
THREAD = """
SELECT id, want, request, data, answers, question, history FROM threads WHERE workspace = :workspace AND id = :id
"""
DEFINE = """
INSERT INTO definitions (workspace, name, version, text, expression, author, created_at)
VALUES (:workspace, :name, :version, :text, :expression, :author, :at)
"""
DEFINITIONS = """
SELECT name, version, text, expression, author FROM definitions
WHERE workspace = :workspace ORDER BY name, version
"""
DEFINITION_VERSIONS = """
SELECT name, version, text, expression, author, created_at FROM definitions
WHERE workspace = :workspace AND name = :name ORDER BY version
"""
PREFER = """
INSERT INTO preferences (workspace, principal, name, value, at) VALUES (:workspace, :principal, :name, :value, :at)
ON CONFLICT (workspace, principal, name) DO UPDATE SET value = excluded.value, at = excluded.at
"""
PREFERENCES = (
    "SELECT name, value FROM preferences WHERE workspace = :workspace AND principal = :principal ORDER BY name"
)
UNPREFER = "DELETE FROM preferences WHERE workspace = :workspace AND principal = :principal AND name = :name"
LAST_ENTRY = "SELECT hash FROM audit_trail WHERE workspace = :workspace AND seq = :seq"
ADD_ENTRY = """
INSERT INTO audit_trail (workspace, seq, at, principal, action, subject, detail, previous, hash)
VALUES (:workspace, :seq, :at, :principal, :action, :subject, :detail, :previous, :hash)
"""
DONE_BY = """
SELECT action, subject FROM audit_trail
WHERE workspace = :workspace AND principal = :principal AND action IN ('run', 'approve')
"""
CONNECTOR_APPROVAL = """
SELECT action, detail FROM audit_trail
WHERE workspace = :workspace AND subject = :subject AND action IN ('approve connector', 'withdraw connector')
ORDER BY seq DESC LIMIT 1
"""
ENTRIES = """
SELECT seq, at, principal, action, subject, detail, previous, hash FROM audit_trail
WHERE workspace = :workspace ORDER BY seq
"""


@record(frozen=True)
class SavedConnection:
    """A connection without its secrets; ``secret`` names their entry in the vault."""

    name: str
    connector: str
    config: Mapping[str, JsonValue] = field(default_factory=dict)
    secret: str | None = None


@record(frozen=True)
class SavedThread:
    """A conversation as kept. ``request``, ``question`` and ``history`` are documents of the planner's contract."""

    id: str
    want: Literal["answer", "pipeline"]
    request: Mapping[str, JsonValue]
    data: tuple[str, ...]
    answers: Mapping[str, str] = field(default_factory=dict)
    question: Mapping[str, JsonValue] | None = None
    history: tuple[JsonValue, ...] = ()


@record(frozen=True)
class SavedPrincipal:
    """Someone or something that acts here, and what they may do."""

    name: str
    kind: Literal["person", "service"]
    rights: frozenset[str]


@record(frozen=True)
class DefinedWord:
    """One version of what a word means; ``meaning`` is None where it was forgotten."""

    name: str
    version: int
    meaning: Definition | None
    author: str
    created_at: datetime


@record(frozen=True)
class SpecVersion:
    """A line of the list of specs."""

    digest: str
    pipeline: str
    created_by: str
    created_at: datetime


@record(frozen=True)
class Entry:
    """One entry of the audit trail."""

    seq: int
    at: datetime
    principal: str
    action: str
    subject: str
    detail: Mapping[str, JsonValue]
    previous: str
    hash: str


class Store(StoredRuns):
    """All of one workspace's store; the part above it is what the runner sees."""

    def __init__(self, database: Database, workspace: str) -> None:
        super().__init__(database, workspace)
        self.database = database
        self.workspace = workspace

    def enter(self, name: str, now: datetime) -> None:
        """Record the workspace itself; to do so again changes nothing."""
        if not self.database.read(WORKSPACE, self._here()):
            self.database.write(ADD_WORKSPACE, {"id": self.workspace, "name": name, "at": instant(now)})

    def close(self) -> None:
        """Let go of the store."""
        self.database.close()

    # People

    def principals(self) -> Mapping[str, frozenset[str]]:
        """All principals with their rights."""
        rows = self.database.read(PRINCIPALS, self._here())
        return {str(row["name"]): frozenset(json.loads(str(row["rights"]))) for row in rows}

    def people(self) -> Sequence[SavedPrincipal]:
        """All principals by name, each with its kind."""
        return [
            SavedPrincipal(
                str(row["name"]),
                cast("Literal['person', 'service']", row["kind"]),
                frozenset(json.loads(str(row["rights"]))),
            )
            for row in self.database.read(PRINCIPALS, self._here())
        ]

    def save_principal(
        self,
        name: str,
        rights: frozenset[str],
        *,
        kind: Literal["person", "service"] = "person",
        by: str,
        now: datetime,
    ) -> None:
        """Give a principal exactly these rights."""
        with self.database.transaction():
            listed = sorted(rights)
            self.database.write(
                SAVE_PRINCIPAL, self._here(name=name, kind=kind, rights=json.dumps(listed), at=instant(now))
            )
            self.record(by, "give rights", name, {"rights": list(listed)}, now)

    # Connections

    def save_connection(self, connection: SavedConnection, *, by: str, now: datetime) -> None:
        """Add a connection, or change the one of that name."""
        with self.database.transaction():
            self.database.write(
                SAVE_CONNECTION,
                self._here(
                    name=connection.name,
                    connector=connection.connector,
                    config=_text(connection.config),
                    secret=connection.secret,
                    by=by,
                    at=instant(now),
                ),
            )
            self.record(by, "save connection", connection.name, {"connector": connection.connector}, now)

    def connection(self, name: str) -> SavedConnection | None:
        """One connection, if known."""
        rows = self.database.read(CONNECTION, self._here(name=name))
        return _connection(rows[0]) if rows else None

    def connections(self) -> Sequence[SavedConnection]:
        """All connections by name."""
        return [_connection(row) for row in self.database.read(CONNECTIONS, self._here())]

    # Specs and approvals

    def save_spec(self, spec: Pipeline, *, by: str, now: datetime, thread: str | None = None) -> str:
        """Keep a spec under its full digest, with its comments and in its own order, and the conversation that made it;
        returns the digest.
        """
        full = digest(spec)
        text = json.dumps(to_plain(spec), ensure_ascii=False)
        self.database.write(
            SAVE_SPEC,
            self._here(digest=full, pipeline=spec.name, spec=text, by=by, at=instant(now), thread=thread),
        )
        return full

    def thread_of_spec(self, full_digest: str) -> str | None:
        """The conversation that made a spec; of several, the last."""
        rows = self.database.read(SPEC_THREAD, self._here(digest=full_digest))
        return str(rows[0]["thread"]) if rows and rows[0]["thread"] is not None else None

    def spec(self, full_digest: str) -> Pipeline | None:
        """The spec of a digest, as it was first kept."""
        rows = self.database.read(SPEC, self._here(digest=full_digest))
        return stored_spec(rows[0]["spec"]) if rows else None

    def specs(self, limit: int) -> Sequence[SpecVersion]:
        """Known specs, the newest first."""
        return [
            SpecVersion(str(row["digest"]), str(row["pipeline"]), str(row["created_by"]), when(row["created_at"]))
            for row in self.database.read(SPECS, self._here(limit=limit))
        ]

    def approve(self, spec: Pipeline, *, approved_by: str, entered_by: str, now: datetime) -> StoredApproval:
        """Record that a person approved exactly this spec."""
        with self.database.transaction():
            full = self.save_spec(spec, by=entered_by, now=now)
            self.database.write(
                APPROVE,
                self._here(
                    id=self.next_id("approval"), digest=full, by=approved_by, at=instant(now), entered_by=entered_by
                ),
            )
            self.record(entered_by, "approve", full, {"pipeline": spec.name, "approved_by": approved_by}, now)
        return StoredApproval(full, approved_by, now)

    def withdraw(self, full_digest: str, *, by: str, entered_by: str, now: datetime) -> bool:
        """Take back every approval of a spec; False when there was none."""
        with self.database.transaction():
            taken = self.database.write(WITHDRAW, self._here(digest=full_digest, by=by, at=instant(now)))
            if taken:
                self.record(entered_by, "withdraw approval", full_digest, {"withdrawn_by": by}, now)
        return taken > 0

    # Threads

    def save_thread(self, thread: SavedThread, *, by: str, now: datetime) -> None:
        """Keep a conversation, replacing what was kept of it."""
        self.database.write(
            SAVE_THREAD,
            self._here(
                id=thread.id,
                want=thread.want,
                request=_text(thread.request),
                data=_text(list(thread.data)),
                answers=_text(thread.answers),
                question=_text(thread.question) if thread.question is not None else None,
                history=_text(list(thread.history)),
                by=by,
                at=instant(now),
            ),
        )

    def thread(self, thread_id: str) -> SavedThread | None:
        """One conversation, if known."""
        rows = self.database.read(THREAD, self._here(id=thread_id))
        if not rows:
            return None
        row = rows[0]
        question = row["question"]
        return SavedThread(
            id=str(row["id"]),
            want=cast("Literal['answer', 'pipeline']", row["want"]),
            request=json.loads(str(row["request"])),
            data=tuple(json.loads(str(row["data"]))),
            answers=json.loads(str(row["answers"])),
            question=json.loads(str(question)) if question is not None else None,
            history=tuple(json.loads(str(row["history"]))),
        )

    # Definitions

    def define(self, name: str, text: str, *, expression: str | None, by: str, now: datetime) -> None:
        """Give a business word its meaning here, as a new version."""
        self._next_meaning(name, text, expression, by=by, now=now)

    def undefine(self, name: str, *, by: str, now: datetime) -> None:
        """Let a word have no meaning of its own any more, as a new version."""
        self._next_meaning(name, "", None, by=by, now=now)

    def _next_meaning(self, name: str, text: str, expression: str | None, *, by: str, now: datetime) -> None:
        with self.database.transaction():
            version = self.next_id(f"definition {name}")
            self.database.write(
                DEFINE,
                self._here(name=name, version=version, text=text, expression=expression, author=by, at=instant(now)),
            )
            # The trail cannot be changed, so it says that a meaning was given, and not which: that can be erased.
            self.record(by, "define" if text else "forget definition", name, {"version": version}, now)

    def definitions(self) -> Mapping[str, Definition]:
        """The newest meaning of each word that has one."""
        newest = {str(row["name"]): _meaning(row) for row in self.database.read(DEFINITIONS, self._here())}
        return {name: meaning for name, meaning in newest.items() if meaning is not None}

    def definition_versions(self, name: str) -> Sequence[DefinedWord]:
        """All that a word ever meant here, the oldest first."""
        return [
            DefinedWord(
                str(row["name"]), int(row["version"] or 0), _meaning(row), str(row["author"]), when(row["created_at"])
            )
            for row in self.database.read(DEFINITION_VERSIONS, self._here(name=name))
        ]

    # Preferences

    def prefer(self, principal: str, name: str, value: str, *, now: datetime) -> None:
        """Keep what a person prefers, in place of what they preferred before."""
        self.database.write(PREFER, self._here(principal=principal, name=name, value=value, at=instant(now)))

    def preferences(self, principal: str) -> Mapping[str, str]:
        """What a person has said to prefer."""
        rows = self.database.read(PREFERENCES, self._here(principal=principal))
        return {str(row["name"]): str(row["value"]) for row in rows}

    def unprefer(self, principal: str, name: str) -> bool:
        """Forget a preference; False when there was none."""
        return self.database.write(UNPREFER, self._here(principal=principal, name=name)) == 1

    # Audit

    def record(self, principal: str, action: str, subject: str, detail: Mapping[str, JsonValue], now: datetime) -> None:
        """Append to the audit trail; ``detail`` holds no secret."""
        with self.database.transaction():
            # Taking the number first locks the series, so that no other entry comes between this one and the last.
            seq = self.next_id("audit")
            last = self.database.read(LAST_ENTRY, self._here(seq=seq - 1))
            previous = str(last[0]["hash"]) if last else ""
            written: dict[str, Value] = {
                "seq": seq,
                "at": instant(now),
                "principal": principal,
                "action": action,
                "subject": subject,
                "detail": _text(detail),
                "previous": previous,
            }
            self.database.write(ADD_ENTRY, self._here(**written, hash=_chained(written)))

    def done_by(self, principal: str) -> Set[tuple[str, str]]:
        """What the trail says that somebody ran or approved: pairs of action and subject."""
        rows = self.database.read(DONE_BY, self._here(principal=principal))
        return {(str(row["action"]), str(row["subject"])) for row in rows}

    def approved_connector(self, name: str) -> str | None:
        """Digest of the connector of one's own that was approved last under a name, unless that was taken back."""
        rows = self.database.read(CONNECTOR_APPROVAL, self._here(subject=name))
        if not rows or rows[0]["action"] != "approve connector":
            return None
        return str(json.loads(str(rows[0]["detail"])).get("digest") or "") or None

    def audit_trail(self) -> Sequence[Entry]:
        """All entries in order."""
        return [
            Entry(
                seq=int(row["seq"] or 0),
                at=when(row["at"]),
                principal=str(row["principal"]),
                action=str(row["action"]),
                subject=str(row["subject"]),
                detail=json.loads(str(row["detail"])),
                previous=str(row["previous"]),
                hash=str(row["hash"]),
            )
            for row in self.database.read(ENTRIES, self._here())
        ]

    def first_broken_entry(self) -> int | None:
        """The number of the first entry that is missing or was changed behind our back; None when all is whole."""
        previous = ""
        rows = self.database.read(ENTRIES, self._here())
        for expected, row in enumerate(rows, start=1):
            written = {name: value for name, value in row.items() if name != "hash"}
            if row["seq"] != expected or row["previous"] != previous or row["hash"] != _chained(written):
                return expected
            previous = str(row["hash"])
        last = self.database.read(
            "SELECT value FROM counters WHERE workspace = :workspace AND series = :series", self._here(series="audit")
        )
        return len(rows) + 1 if last and last[0]["value"] != len(rows) else None

    def _here(self, **values: Value) -> Row:
        return {"workspace": self.workspace, **values}


def _chained(written: Mapping[str, Value]) -> str:
    return hashlib.sha256(json.dumps(written, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _text(value: JsonValue | Mapping[str, JsonValue] | Mapping[str, str]) -> str:
    # In the order it has: columns of a spec are written to files in the order in which they stand.
    return json.dumps(value, ensure_ascii=False)


def _meaning(row: Row) -> Definition | None:
    """A version's meaning; without a text the word was forgotten by it."""
    if not row["text"]:
        return None
    return Definition(
        text=str(row["text"]),
        version=str(row["version"]),
        author=str(row["author"]),
        expression=None if row["expression"] is None else str(row["expression"]),
    )


def _connection(row: Row) -> SavedConnection:
    secret = row["secret"]
    return SavedConnection(
        name=str(row["name"]),
        connector=str(row["connector"]),
        config=json.loads(str(row["config"])),
        secret=None if secret is None else str(secret),
    )
