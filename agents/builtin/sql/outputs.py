"""Outputs as SQL: counts, sums, ratios, shares, and their names."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.language.words import fold, split_name
from agents.builtin.meaning import WHOLE, During, Meaning, Out, Ref, Scope
from agents.builtin.saying.reading import period_text
from agents.builtin.schema.choose import label_columns
from agents.builtin.sql.frame import CannotBuildError, Frame, between, cut, literal
from agents.builtin.sql.where import Where


class Nodes(Where):
    """Turns outputs into expressions."""

    def _nodes(self, frame: Frame, out: Out, meaning: Meaning) -> list[tuple[str, exp.Expr]]:
        if out.kind == "entity" and out.label == WHOLE:
            return [(one.name, frame.column(one.ref)) for one in self.schema.of(out.table) if not one.made_of]
        if out.kind == "entity":
            return [(self._label(ref), frame.column(ref)) for ref in label_columns(self.schema, out.table)]
        return [(self._name(out), self._node(frame, out, meaning))]

    def _node(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:  # noqa: C901 - one short branch a kind of phrase
        if out.kind == "column" and out.column:
            return frame.column(out.column)
        if out.kind == "grain" and out.column:
            return cut(frame.column(out.column), out.grain)
        if out.kind == "entity":
            return frame.column(label_columns(self.schema, out.table)[0])
        if out.kind == "count":
            return self._count(frame, out, meaning)
        if out.kind == "agg" and out.column:
            return self._aggregate(frame, out)
        if out.kind == "agg" and out.parts:
            if all(self._fans(frame, table) for table in out.tables()):
                raise CannotBuildError("rows would be counted more than once")
            value = self._node(frame, out.parts[0], meaning)
            if out.conditions:
                scope = Scope(min(out.tables()))
                test = exp.and_(*[self._condition(frame, scope, c) for c in out.conditions])
                value = exp.Case(ifs=[exp.If(this=test, true=value)])
            return exp.func(out.func.upper(), value, dialect="duckdb")
        if out.kind in {"ratio", "difference"}:
            left, right = (self._node(frame, part, meaning) for part in out.parts)
            if out.kind == "difference":
                return self._difference(out, left, right)
            ratio = exp.Div(this=exp.cast(left, "DOUBLE"), expression=exp.func("NULLIF", right, exp.Literal.number(0)))
            return ratio if out.scale == 1.0 else exp.Mul(this=exp.paren(ratio), expression=literal(out.scale))
        if out.kind == "share":
            return self._share(frame, out, meaning)
        if out.kind == "rank":
            over = exp.Ordered(this=self._node(frame, out.parts[0], meaning), desc=True, nulls_first=False)
            within = [self._node(frame, part, meaning) for part in out.parts[1:]]
            return exp.Window(this=exp.func("RANK"), partition_by=within or None, order=exp.Order(expressions=[over]))
        if out.kind == "course":
            return self._course(frame, out, meaning)
        if out.kind == "number":
            return literal(out.scale)
        if out.kind == "formula":
            return self._formula(frame, out, meaning)
        raise CannotBuildError(f"{out.kind} has no expression")

    def _formula(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:
        kinds = [self.schema.columns[part.column].kind if part.column else "" for part in out.parts]
        if out.func == "-" and kinds == ["date", "date"]:
            first, last = (self._node(frame, part, meaning) for part in reversed(out.parts))
            return exp.func("DATE_DIFF", exp.Literal.string("day"), first, last, dialect="duckdb")
        left, right = (exp.paren(self._node(frame, part, meaning)) for part in out.parts)
        if out.func == "/":
            return exp.Div(this=exp.cast(left, "DOUBLE"), expression=exp.func("NULLIF", right, exp.Literal.number(0)))
        return {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}[out.func](this=left, expression=right)

    def _course(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:
        """A measure along time: what it is over the period before, or all up to here."""
        value = self._node(frame, out.parts[0], meaning)
        others = [node for part in out.parts[2:] for _, node in self._nodes(frame, part, meaning)]
        order = exp.Order(expressions=[exp.Ordered(this=self._node(frame, out.parts[1], meaning), nulls_first=False)])

        def over(function: exp.Expr) -> exp.Expr:
            return exp.Window(this=function, partition_by=[n.copy() for n in others] or None, order=order.copy())

        if out.func == "running":
            return over(exp.Sum(this=value))
        before = over(exp.func("LAG", value.copy(), dialect="duckdb"))
        change = exp.Sub(this=value.copy(), expression=before)
        if out.func == "change":
            return change
        share = exp.Div(
            this=exp.cast(exp.paren(change), "DOUBLE"),
            expression=exp.func("NULLIF", before.copy(), exp.Literal.number(0)),
        )
        return exp.Mul(this=exp.paren(share), expression=exp.Literal.number(100))

    def _difference(self, out: Out, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        kinds = {self.schema.columns[part.column].kind for part in out.parts if part.column}
        if kinds == {"date"} and all(part.column for part in out.parts):
            timed = all(self.schema.columns[part.column].has_time for part in out.parts if part.column)
            return between(right, left, "fractions" if timed else "days")
        return exp.Sub(this=exp.paren(left), expression=exp.paren(right))

    def _count(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:
        inner: exp.Expr
        if out.grain and out.column:
            node = (
                cut(frame.column(out.column), out.grain)
                if self.schema.columns[out.column].kind == "date"
                else frame.column(out.column)
            )
            inner = exp.Distinct(expressions=[node])
        elif out.column:
            inner = exp.Distinct(expressions=[frame.column(out.column)]) if out.distinct else frame.column(out.column)
        else:
            table = out.table or meaning.scope.table
            keys = self.schema.keys.get(table, ())
            if self._fans(frame, table):
                if not keys:
                    raise CannotBuildError(f"rows of {table} would be counted more than once")
                inner = exp.Distinct(expressions=[frame.column((table, keys[0]))])
            elif frame.outer and table != frame.first:
                inner = frame.column((table, keys[0])) if keys else frame.column(self.schema.of(table)[0].ref)
            elif not keys and self._spread(table):
                inner = exp.Distinct(expressions=[frame.column(label_columns(self.schema, table)[0])])
            elif out.distinct and not keys:
                inner = exp.Distinct(expressions=[frame.column(ref) for ref in label_columns(self.schema, table)[:1]])
            else:
                inner = exp.Star()
        if not out.conditions:
            return exp.Count(this=inner)
        test = exp.and_(*[self._condition(frame, out_scope(out), c) for c in out.conditions])
        if isinstance(inner, exp.Distinct):
            kept = exp.Case(ifs=[exp.If(this=test, true=inner.expressions[0])])
            return exp.Count(this=exp.Distinct(expressions=[kept]))
        return exp.Count(this=exp.Case(ifs=[exp.If(this=test, true=exp.Literal.number(1))]))

    def _aggregate(self, frame: Frame, out: Out) -> exp.Expr:
        assert out.column is not None
        column = self.schema.columns[out.column]
        node = frame.column(out.column)
        if column.kind == "bool":
            node = exp.cast(node, "INTEGER")
        if out.conditions:
            test = exp.and_(*[self._condition(frame, out_scope(out), c) for c in out.conditions])
            node = exp.Case(ifs=[exp.If(this=test, true=node)])
        if out.distinct:
            node = exp.Distinct(expressions=[node])
        made = exp.func(out.func.upper(), node, dialect="duckdb")
        return exp.func("COALESCE", made, exp.Literal.number(0)) if frame.outer and out.func == "sum" else made

    def _share(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:
        part = out.parts[0]
        whole = self._node(frame, part, meaning)
        if out.conditions:
            kept = Out(part.kind, part.column, part.table, part.func, part.grain, part.distinct, list(out.conditions))
            top = self._node(frame, kept, meaning)
            below: exp.Expr = whole
        elif meaning.groups:
            top = whole
            below = exp.Window(this=exp.Sum(this=whole.copy()))
        else:
            raise CannotBuildError("a share needs to say of what")
        ratio = exp.Div(this=exp.cast(top, "DOUBLE"), expression=exp.func("NULLIF", below, exp.Literal.number(0)))
        if out.scale == 1.0:
            return ratio
        return exp.Mul(this=exp.paren(ratio), expression=exp.Literal.number(int(out.scale)))

    def _label(self, ref: Ref) -> str:
        return fold("_".join(split_name(ref[1]))) or ref[1]

    def _name(self, out: Out) -> str:
        """A name for a result column: what was computed of what."""
        if out.kind == "grain":
            return out.grain
        if out.kind == "course":
            return {"change": "change", "percent": "percent_change"}.get(out.func, out.func) + (
                f"_{self._name(out.parts[0])}" if out.func == "running" else ""
            )
        if len(out.conditions) == 1 and isinstance(out.conditions[0], During):
            period = out.conditions[0].period
            bare = self._name(Out(out.kind, out.column, out.table, out.func, out.grain, out.distinct))
            return f"{bare}, {period_text(period.start, period.end)}"
        if out.kind == "column" and out.column:
            return out.column[1]
        if out.kind == "count":
            return (
                f"{out.column[1]}_count"
                if out.column
                else f"{'_'.join(self.schema.tables.get(out.table, ('row',)))}_count"
            )
        if out.kind == "agg":
            word = {"sum": "total", "avg": "average", "max": "highest", "min": "lowest"}.get(out.func, out.func)
            if out.column is None:
                return word  # of what rows say together, as a price times a quantity
            core = "_".join(self.schema.columns[out.column].core)
            return core if core.startswith(word) else f"{word}_{core}"
        return out.kind

    def _fans(self, frame: Frame, table: str) -> bool:
        """Whether a row of the table can stand more than once among the joined rows."""
        seen, queue = {table}, [table]
        while queue:
            at = queue.pop()
            for join in frame.tree:
                if at == join.parent and join.table not in seen:
                    return True
                if at == join.table and join.parent not in seen:
                    seen.add(join.parent)
                    queue.append(join.parent)
        return False


def out_scope(out: Out) -> Scope:
    """The scope that a measure's own conditions belong to."""
    return Scope(out.table or (out.column[0] if out.column else ""))
