"""The SELECT that gives each column of a JSON file as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from connectors import conform, sql
from connectors.files.documents.prepared import DOCUMENT_LIMIT, Prepared
from connectors.files.options import ReadOptions
from connectors.files.pointers import ENTRY, WHOLE, Keys, Node, parse, tree
from connectors.files.records import MAX_RECORD
from spec.errors import SpecError


def raw_query(file: Prepared, options: ReadOptions, names: Mapping[str, Keys], *, line: bool) -> exp.Select:
    """A SELECT of each column as text; a list that is exploded gives a row an entry."""
    explode = parse(options.explode)
    paths = [*names.values(), *([(*explode, ENTRY)] if explode else [])]
    shape = tree(paths)
    if line:
        shape.children[conform.LINE] = tree([("x",)]).children["x"]
    source = exploded(_read_json(file, options, shape), explode)
    picked: list[exp.Expr] = [*values(names)]
    if line:
        number = exp.alias_(sql.cast(sql.column(conform.LINE), "BIGINT"), sql.identifier(conform.LINE))
        picked = [number, *picked]
    return exp.select(*picked).from_(source)


def values(names: Mapping[str, Keys]) -> list[exp.Expr]:
    """Each column's value, named, of rows that ``exploded`` gave."""
    return [exp.alias_(_value(path), sql.identifier(name)) for name, path in names.items()]


def exploded(source: exp.Expression, explode: Keys, *, done: int = 0) -> exp.Expression:
    """A row for each entry of a list inside a list: the n-th is the column ``__n``; ``done`` of them are there."""
    levels = explode.count(ENTRY) + 1 if explode else 0
    for level in range(done + 1, levels + 1):
        cut = _nth_entry(explode, level)
        reached = _nth_entry(explode, level - 1) + 1 if level > 1 else 0
        base = sql.column(f"__{level - 1}") if level > 1 else None
        unnested = exp.alias_(sql.call("unnest", _inside(base, explode[reached:cut])), sql.identifier(f"__{level}"))
        source = exp.select(exp.Star(), unnested).from_(source).subquery(f"l{level}")
    return source


def read_lines(file: Prepared, paths: Iterable[Keys]) -> exp.Expression:
    """The lines of a file of which only these places are wanted, each value as text."""
    return _read_json(file, ReadOptions(format="ndjson"), tree(paths))


def packing(file: Prepared) -> str:
    """The compression as DuckDB names it."""
    return "uncompressed" if file.compression == "none" else file.compression


def _nth_entry(explode: Keys, level: int) -> int:
    """Where the keys of the list at this level end."""
    seen = 0
    for position, key in enumerate(explode):
        if key == ENTRY:
            seen += 1
            if seen == level:
                return position
    return len(explode)


def _value(path: Keys) -> exp.Expression:
    level = path.count(ENTRY)
    last = len(path) - 1 - path[::-1].index(ENTRY) if level else -1
    return _inside(sql.column(f"__{level}") if level else None, path[last + 1 :])


def _inside(base: exp.Expression | None, keys: Keys) -> exp.Expression:
    node = base
    for key in keys:
        node = sql.column(key) if node is None else sql.call("struct_extract", node, key)
    if node is None:
        raise SpecError("A field's pointer is empty.", hint="A pointer looks like /customer/id.")
    return node


def _read_json(file: Prepared, options: ReadOptions, node: Node) -> exp.Expression:
    columns: dict[str, sql.Plain] = {key: child.type for key, child in node.children.items()}
    named: dict[str, sql.Plain | exp.Expression] = {"compression": packing(file), "maximum_object_size": MAX_RECORD}
    if file.is_lines:
        # Left to itself DuckDB parses the file's first lines once more, in one thread, to see whether they are objects.
        named["records"] = "true"
        return sql.call("read_json", str(file.file), columns=columns, format="newline_delimited", **named)
    records = () if options.records == WHOLE else parse(options.records)
    if not records:
        named["maximum_object_size"] = DOCUMENT_LIMIT
        return sql.call("read_json", str(file.file), columns=columns, format="auto", **named)
    node.is_list = True
    wrapped = node.type
    for key in reversed(records[1:]):
        quoted = key.replace('"', '""')
        wrapped = f'STRUCT("{quoted}" {wrapped})'
    named["maximum_object_size"] = DOCUMENT_LIMIT
    document = sql.call(
        "read_json", str(file.file), columns={records[0]: wrapped}, format="unstructured", records="true", **named
    )
    entries = exp.select(exp.alias_(sql.call("unnest", _inside(None, records)), sql.identifier("__0"))).from_(document)
    inner = [exp.alias_(sql.call("struct_extract", sql.column("__0"), key), sql.identifier(key)) for key in columns]
    return exp.select(*inner).from_(entries.subquery("d")).subquery("r")
