"""The engine that Spark is, on this machine: steps are computed in it over the rows that were read, and come back.

An extra, which nobody gets unasked: ``pip install "dreflowpro[spark]"`` and Java 17. Sources, checks, files and tables
stay where they are for any run that reads its rows; only the steps are asked of Spark, each as one statement.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from connectors import sql
from pipelines.engines.duckdb import Guard, Limits, bound
from pipelines.inplace.kinds import kind_of
from pipelines.inspark.job import SparkJob, unsaid
from pipelines.job import Job, Stage
from pipelines.transform import Workbench
from spec.errors import DataError, UnsupportedError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

TITLE: Final = "Spark"
_ARROW: Final = "_dreflow_arrow"
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])i?B", re.IGNORECASE)
_DATA_STATES: Final = ("22", "P0001")
"""SQL states of values that do not fit, and of what a statement itself refused."""
_NEEDS: Final = 'Install Java 17 and the extra: pip install "dreflowpro[spark]".'
_SETTINGS: Final = {
    # What does not fit stops a run, and is never empty, cut off or wrapped around.
    "spark.sql.ansi.enabled": "true",
    # A product keeps all its decimals or stops the run; Spark would drop some of them otherwise.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # A text with ${...} in it stays that text.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    # Nothing listens beyond this machine.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


class Spark:
    """A session of Spark inside this process's own Java."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def show(self, view: str, rows: pa.Table) -> None:
        """Let rows be read under a name."""
        self._session.createDataFrame(rows).createOrReplaceTempView(view)

    def ask(self, statement: str) -> pa.Table:
        """The rows of a query. Raises DataError where a value does not fit."""
        from pyspark.errors import PySparkException

        try:
            return self._session.sql(statement).toArrow()
        except PySparkException as error:
            if not str(error.getSqlState() or "").startswith(_DATA_STATES):
                raise
            text = str(error).split("\n")[0]
            raise DataError(
                f"A value does not fit: {text}",
                hint="Look at the column, or change how it is read.",
                data={"engine": text},
            ) from error

    def interrupt(self) -> None:
        """Stop what is running."""
        self._session.sparkContext.cancelAllJobs()

    def stop(self) -> None:
        """End the session."""
        self._session.stop()


class SparkBench(Workbench):
    """As ``Workbench``, with every step computed by Spark; its rows are a table here from then on."""

    def __init__(self, spark: Spark, connection: DuckDBPyConnection, job: Job, guard: Guard, *, seed: int = 0) -> None:
        self._spark = spark
        self._said = SparkJob(job.relations, job.parameters)
        self._shown: set[str] = set()
        super().__init__(connection, job, guard, seed=seed)

    def run_stages(self, told: Callable[[Stage, int | None], None] = lambda _stage, _rows: None) -> None:
        """Compute each step, in order."""
        for stage in self.job.stages:
            self.guard.check()
            self._located({"step": stage.step}, partial(self._compute, stage))
            told(stage, self.count(stage.relation.name))

    def _compute(self, stage: Stage) -> None:
        from sqlglot import exp

        for item in stage.inputs:
            self._show(item)
        found = self.guard.call(self._spark, partial(self._spark.ask, self._said.stage(stage)))
        relation = stage.relation
        self.connection.register(_ARROW, found)
        rows = exp.select(
            *(exp.alias_(sql.cast(sql.column(f.name), f.type), f.name, quoted=True) for f in relation.fields)
        ).from_(_ARROW)
        target = exp.table_(relation.name, db="main", catalog="memory", quoted=True)
        self._run(sql.text(sql.create(target, rows)), {})
        self.connection.unregister(_ARROW)
        self._made.add(relation.name.casefold())

    def _show(self, relation: str) -> None:
        view = self._said.view(relation)
        if view in self._shown:
            return
        self._refuse_infinite(relation)
        text, values = bound(self.select(relation), self.job.parameters)
        rows = self.guard.call(self.connection, lambda: self.connection.execute(text, values or None).to_arrow_table())
        self.guard.call(self._spark, lambda: self._spark.show(view, rows))
        self._shown.add(view)

    def _refuse_infinite(self, relation: str) -> None:
        """Spark has no day that is infinite, and would read it as one in a far year."""
        from sqlglot import exp

        kinds = {item.name: kind_of(item.type) for item in self.relation(relation).fields}
        names = [name for name, kind in kinds.items() if kind and kind.family in ("date", "timestamp", "instant")]
        if not names:
            return
        counts = [
            exp.CountIf(this=exp.Anonymous(this="isinf", expressions=[exp.column(name, quoted=True)])) for name in names
        ]
        found = self.fetch(exp.select(*counts).from_(exp.table_(relation, quoted=True)), (relation,))[0]
        for name, many in zip(names, found, strict=True):
            if many:
                raise DataError(
                    f"{many} values of {name!r} are infinite, which Spark has no days for.",
                    hint="Leave out engine: spark.",
                    where={"column": name},
                )


@contextmanager
def started(limits: Limits, folder: Path | None) -> Iterator[Callable[..., SparkBench]]:
    """What makes benches over a session of its own. Raises as ``opened``."""
    with opened(limits, folder) as spark:
        yield partial(SparkBench, spark)


@contextmanager
def opened(limits: Limits, folder: Path | None) -> Iterator[Spark]:
    """A session, ended in the end. ``folder`` is where it may spill.

    Raises UnsupportedError where Spark or Java is not installed.
    """
    reason = missing()
    if reason is not None:
        raise UnsupportedError(reason, hint=_NEEDS)
    from pyspark.sql import SparkSession

    if SparkSession.getActiveSession() is not None:
        # Whoever started it ends it: Java holds one at a time.
        yield Spark(_session(limits, None))
        return
    with TemporaryDirectory(dir=folder if folder is not None and folder.is_dir() else None) as scratch:
        spark = Spark(_session(limits, Path(scratch)))
        try:
            yield spark
        finally:
            spark.stop()


def missing() -> str | None:
    """What Spark needs and this machine lacks, as a sentence; None where nothing is."""
    from importlib.util import find_spec

    if find_spec("pyspark") is None:
        return "Spark is not installed here."
    if shutil.which("java") is None:
        return "Spark needs Java, and no 'java' is found here."
    return None


def _session(limits: Limits, scratch: Path | None) -> Any:
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    if scratch is not None:
        # Java takes its memory when it starts; a later session of this process has the first one's.
        builder = builder.master(f"local[{limits.threads or '*'}]").appName("dreflow")
        builder = builder.config("spark.driver.memory", f"{_megabytes(limits.memory)}m")
        builder = builder.config("spark.driver.maxResultSize", "0").config("spark.local.dir", str(scratch))
        builder = builder.config("spark.sql.warehouse.dir", str(scratch / "tables"))
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        # Java that is too old, or has no such memory, ends at once.
        raise UnsupportedError("Spark did not start.", hint=_NEEDS, data={"engine": str(error)}) from error


def _megabytes(size: str) -> int:
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        raise UsageError(f"{size!r} is no size of memory.", hint="Say it as in 2GB.")
    return max(1, int(float(found[1]) * {"K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}[found[2].upper()]))


__all__ = ["TITLE", "SparkBench", "missing", "opened", "started", "unsaid"]
