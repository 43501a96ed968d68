"""GraphQL queries, held against an API's own introspection, and the form of what each asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.http.vendor.schemas import Schema
from spec.errors import UnsupportedError
from spec.records import record

if TYPE_CHECKING:
    from graphql import FieldNode, GraphQLCompositeType, GraphQLOutputType, OperationDefinitionNode, SelectionSetNode

Project = Callable[[Any], Any]
_SCALARS: Mapping[str, Schema] = {
    "Int": {"type": ["integer"], "minimum": -(2**31), "maximum": 2**31 - 1},
    "Float": {"type": ["number"]},
    "Boolean": {"type": ["boolean"]},
    "ID": {"type": ["string"], "minLength": 1},
    # As most vendors name and spell what GraphQL has no type for; an unknown one is a text.
    "DateTime": {"type": ["string"], "format": "date-time"},
    "Date": {"type": ["string"], "format": "date"},
    "Decimal": {"type": ["string"], "format": "decimal"},
    "Money": {"type": ["string"], "format": "decimal"},
    "UnsignedInt64": {"type": ["string"], "pattern": "^[0-9]{1,16}$"},
    "URL": {"type": ["string"], "format": "uri"},
}


@record(frozen=True)
class Shaped:
    """What a query asks for: ``source`` has the fields under the schema's names, ``reply`` under those of the query."""

    source: Schema = field(repr=False)
    reply: Schema = field(repr=False)
    projected: Project = field(repr=False)
    """From a document of the one form to one of the other: fields that were not asked for are left out."""


@record(frozen=True)
class _Part:
    source: Schema
    reply: Schema
    project: Project


class Language:
    """Understands queries to one API. Needs ``graphql-core``; UnsupportedError says so where it is not installed."""

    def __init__(self, introspection: Mapping[str, Any]) -> None:
        try:
            from graphql import build_client_schema
        except ImportError:
            raise UnsupportedError(
                "A GraphQL introspection cannot be read without the package graphql-core.",
                hint="It comes with what developers install: pip install 'dreflowpro[dev]'.",
            ) from None
        # Vendors' own introspections break rules about deprecated arguments that no query depends on.
        self._schema = build_client_schema(introspection, assume_valid=True)  # type: ignore[arg-type]
        self._known: dict[str, tuple[Shaped | None, tuple[str, ...]]] = {}

    def understood(self, body: Any) -> tuple[Shaped | None, list[tuple[str, str]]]:
        """What a body's query asks for, and all that is wrong with it as (place in the body, sentence)."""
        text = str(body["query"])
        if text not in self._known:
            self._known[text] = self._query(text)
        shaped, wrong = self._known[text]
        found = [("/query", one) for one in wrong]
        if shaped is not None:
            found += [("/variables", one) for one in self._variables(text, body.get("variables") or {})]
        return (shaped if not found else None), found

    def _query(self, text: str) -> tuple[Shaped | None, tuple[str, ...]]:
        from graphql import GraphQLSyntaxError, OperationDefinitionNode, OperationType, parse, validate

        try:
            document = parse(text)
        except GraphQLSyntaxError as error:
            return None, (error.message,)
        wrong = [one.message for one in validate(self._schema, document)]
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
            wrong.append("is not one query and nothing else")
        if wrong:
            return None, tuple(wrong)
        part = self._whole(operations[0], document)
        return Shaped(_data(part.source), _data(part.reply), lambda made: {"data": part.project(made["data"])}), ()

    def _variables(self, text: str, given: Mapping[str, Any]) -> Iterator[str]:
        from graphql import OperationDefinitionNode, parse
        from graphql.execution.values import get_variable_values

        operation = next(one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode))
        declared = operation.variable_definitions or ()
        unknown = given.keys() - {one.variable.name.value for one in declared}
        yield from (f"${name} is no variable of the query" for name in sorted(unknown))
        found = get_variable_values(self._schema, declared, dict(given))
        if isinstance(found, list):
            # The package's own sentences repeat the values.
            yield "are of another type than the query declares"

    def _whole(self, operation: OperationDefinitionNode, document: Any) -> _Part:
        from graphql import FragmentDefinitionNode

        named = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        root = self._schema.query_type
        assert root is not None
        return self._object(root, operation.selection_set, named)

    def _object(self, kind: GraphQLCompositeType, selected: SelectionSetNode, named: Mapping[str, Any]) -> _Part:
        sources: dict[str, Schema] = {}
        replies: dict[str, Schema] = {}
        taken: list[tuple[str, str, Project]] = []
        for parent, node in self._fields(kind, selected, named):
            name = node.name.value
            shown = node.alias.value if node.alias is not None else name
            if name == "__typename":
                part = _Part({"enum": [parent.name], "type": ["string"]}, {"type": ["string"]}, lambda made: made)
            else:
                part = self._typed(parent.fields[name].type, node, named)
            sources[name] = _joined(sources.get(name), part.source)
            replies[shown] = part.reply
            taken.append((shown, name, part.project))

        def project(made: Any) -> Any:
            return {shown: then(made.get(name)) for shown, name, then in taken} if isinstance(made, dict) else made

        whole = {"type": ["object"], "properties": sources, "required": list(sources)}
        shape = {"type": ["object"], "properties": replies, "required": list(replies), "additionalProperties": False}
        return _Part(whole, shape, project)

    def _fields(
        self, kind: Any, selected: SelectionSetNode, named: Mapping[str, Any]
    ) -> Iterator[tuple[Any, FieldNode]]:
        from graphql import FieldNode, FragmentSpreadNode

        for one in selected.selections:
            if isinstance(one, FieldNode):
                yield kind, one
                continue
            fragment: Any = named[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            on = fragment.type_condition
            inner = self._schema.get_type(on.name.value) if on is not None else kind
            yield from self._fields(inner, fragment.selection_set, named)

    def _typed(self, kind: GraphQLOutputType, node: FieldNode, named: Mapping[str, Any]) -> _Part:
        from graphql import GraphQLNonNull

        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, node, named)
        part = self._present(kind, node, named)
        return _Part(_nullable(part.source), _nullable(part.reply), lambda made: made and part.project(made))

    def _present(self, kind: Any, node: FieldNode, named: Mapping[str, Any]) -> _Part:
        from graphql import GraphQLEnumType, GraphQLList, is_composite_type

        if isinstance(kind, GraphQLList):
            part = self._typed(kind.of_type, node, named)
            return _Part(
                {"type": ["array"], "items": part.source},
                {"type": ["array"], "items": part.reply},
                lambda made: [part.project(one) for one in made],
            )
        if is_composite_type(kind):
            assert node.selection_set is not None
            return self._object(kind, node.selection_set, named)
        if isinstance(kind, GraphQLEnumType):
            schema: Schema = {"type": ["string"], "enum": list(kind.values)}
        else:
            schema = dict(_SCALARS.get(kind.name, {"type": ["string"]}))
        return _Part(schema, schema, lambda made: made)


def _data(schema: Schema) -> Schema:
    return {"type": ["object"], "properties": {"data": schema}, "required": ["data"]}


def _nullable(schema: Schema) -> Schema:
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **more, "type": [*schema["type"], "null"]}


def _joined(before: Schema | None, more: Schema) -> Schema:
    """One field that is asked for twice, each time with other fields inside."""
    if before is None or "properties" not in before or "properties" not in more:
        return more if before is None else before
    names = [*before["properties"], *more["properties"]]
    properties = {
        name: _joined(before["properties"].get(name), more["properties"].get(name, before["properties"].get(name)))
        for name in dict.fromkeys(names)
    }
    return {**before, "properties": properties, "required": list(properties)}
