"""How a CSV file is written: what stands between its values, around them, and before a quote inside quotes.

Each way of writing that the first records give reason to think of is tried on them, and the one under which neighbours
have the same number of values is taken. Where none of them cuts the records alike, that is said, never guessed.
"""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from connectors.files.heads import is_value
from connectors.files.options import NO_ESCAPE
from connectors.files.records import Dialect, Record, Splitter
from spec.errors import DataError
from spec.records import record

_TRIED = 300
_LOOKED_AT = 60
USUAL = (",", ";", "\t", "|")
_SPACED = (", ", "; ", " | ")
_QUOTES = ('"', "'", "`", "~", "|", "*", "^")
_ODD = re.compile(r"[~^§¦¬#*=:\\&%!]|[\x01-\x08\x0b\x0c\x0e-\x1f]")
_ODD_RUN = re.compile(r"([^\w\s\"'`.()])(?:\1{1,3}|[^\w\s\"'`.()]{1,2}?\1)")
_WORDY = {" ", ":", "=", "%", "&", "#"}
"""Marks that stand in texts, times and addresses as well."""
_SURE = 0.95
_ENOUGH = 0.5
_ALIKE = 0.1


@record(frozen=True)
class Trial:
    """What the first records are under a dialect.

    ``alike`` is the share of records with the same number of values, more than one, or if there are more of them, of
    neighbours with as many as each other; ``width`` is the number that most have;
    ``broken`` how many records are; ``doubled`` whether a quote is doubled inside quotes; ``unread`` the share of
    records that still have a value in quotes of another kind, ``torn`` of those that were cut between two quotes.
    """

    dialect: Dialect
    alike: float
    width: int
    broken: int
    doubled: bool
    unread: float
    torn: float

    @property
    def worth(self) -> float:
        """Neighbours alike, less what was left in quotes and what was torn apart between them."""
        return self.alike - self.unread / 2 - self.torn


def dialect_found(
    decoded: str, given: Dialect, *, delimiter: bool, quote: bool, escape: bool, where: dict[str, str | int]
) -> Dialect:
    """The dialect of a text's first records; ``delimiter``, ``quote`` and ``escape`` say which of ``given`` is stated.

    Raises DataError where no delimiter cuts the lines alike although they are no single column.
    """
    lines = [line for line in decoded.splitlines()[:_LOOKED_AT] if line.strip()]
    delimiters = (given.delimiter,) if delimiter else (*USUAL, *_SPACED, *_odd(lines))
    trials = [
        _best_escape(decoded, mark, sign, given if escape else None)
        for mark in delimiters
        for sign in ((given.quote,) if quote else _quotes(decoded, mark, given.quote))
    ]
    trials = [one for one in trials if not any(_is_piece_of(one, other, decoded) for other in trials)]
    usual = [one for one in trials if one.dialect.delimiter in {*USUAL, *_SPACED}]
    is_clear = any(one.worth >= 0.8 for one in usual)
    likely = [one for one in trials if delimiter or _is_likely(one, lines, is_clear=is_clear)]
    best = max((one.worth for one in likely), default=0.0)
    near = [one for one in likely if one.worth >= best - _ALIKE and one.width > 1]
    if not near or (best < _ENOUGH and not delimiter and len(lines) >= 3):
        return _one_column(decoded, trials, given, lines, where)
    # Of those that cut alike the one that cuts most: a text with two dates in it has commas in each line, too.
    chosen = max(near, key=lambda one: (one.width, one.worth, -delimiters.index(one.dialect.delimiter)))
    return chosen.dialect if delimiter else _with_space(decoded, _whole_mark(decoded, chosen))


def _is_piece_of(one: Trial, other: Trial, decoded: str) -> bool:
    """Whether a mark is a piece of a longer one that cuts alike: it never stands without the rest of it, or between
    two of it is a column without a word, as between those of ||.
    """
    mark, longer = one.dialect.delimiter, other.dialect.delimiter
    if len(longer) <= len(mark) or mark not in longer or longer in _SPACED or other.alike < _SURE or other.width < 2:
        return False
    lines = decoded.splitlines()[:_TRIED]
    if all(line.count(mark) == line.count(longer) * longer.count(mark) for line in lines):
        # Each bar of ~|~ has its two signs: without them every value would begin and end with one.
        return True
    rows = [values for _, values in sample_of(decoded, one.dialect) if len(values) == one.width]
    columns = zip(*rows, strict=True)
    return any(len(set(column)) == 1 and not re.search(r"\w", column[0]) for column in columns)


def _is_likely(one: Trial, lines: Sequence[str], *, is_clear: bool) -> bool:
    """A comma, semicolon, tab or bar is a delimiter anywhere; anything else only where it is beyond doubt."""
    mark = one.dialect.delimiter
    if mark in USUAL:
        return True
    # A bare quote in a text breaks its own line, and does not say that the mark is none.
    is_odd = not is_clear and len(mark) == 1 and mark not in _WORDY and one.width > 2 and len(lines) > 2
    if is_odd and {line.count(mark) for line in lines} == {one.width - 1}:
        return True
    if one.alike < _SURE or one.broken or len(lines) < 2:
        return False
    if mark in _SPACED or len(mark) > 1:
        # The longer of two that cut alike: between the bars of || there is nothing.
        return one.width >= (2 if mark in _SPACED else 3)
    # A clock has two colons and a sentence has spaces; a control character is in no text.
    return (
        (not is_clear or mark < " ")
        and one.width >= (4 if mark in _WORDY else 3)
        and len(lines) >= (4 if mark in _WORDY else 2)
    )


def _one_column(
    decoded: str, trials: Sequence[Trial], given: Dialect, lines: Sequence[str], where: dict[str, str | int]
) -> Dialect:
    """A file of one column is written in any dialect; one whose lines are quoted inside is not such a file."""
    fuller = [one for one in trials if _are_fuller(decoded, one, is_quoted=_quoted(lines) * 2 > len(lines))]
    if fuller:
        return max(fuller, key=lambda one: (one.alike, one.width)).dialect
    plain = next((one.dialect for one in trials if one.dialect.delimiter == given.delimiter), given)
    cut = [one for one in trials if one.dialect.delimiter in USUAL and _cuts_most(decoded, one.dialect)]
    if len(lines) >= 3 and (_quoted(lines) * 2 > len(lines) or cut):
        tried = ", ".join({"\t": "a tab", " ": "a space"}.get(mark, repr(mark)) for mark in USUAL)
        raise DataError(
            "Nothing stands between the values that cuts the lines into equally many: the delimiter cannot be told.",
            hint=f"Tried were {tried} and others. Say it with the option delimiter, or export the file with commas.",
            where=where,
        )
    return plain


def _quoted(lines: Sequence[str]) -> int:
    """How many lines have a value in quotes in their middle."""
    return sum(1 for line in lines if re.search(r"\S[^\w\"]\"\w[^\"\n]*\"(?!\w)", line))


def _are_fuller(decoded: str, one: Trial, *, is_quoted: bool) -> bool:
    """Whether each record has the header's values or more: a text that is not quoted holds delimiters, too.

    What has more is set aside line by line when it is read; what has as many as the header cannot be cut otherwise.
    """
    if one.broken or (one.dialect.delimiter not in USUAL and not is_quoted):
        return False
    rows = [values for _, values in sample_of(decoded, one.dialect)]
    width = len(rows[0])
    names = all(cell.strip() and not is_value(cell.strip()) for cell in rows[0])
    fitting = sum(len(values) == width for values in rows)
    return width >= 4 and names and min(map(len, rows)) >= width and fitting * 4 >= len(rows) >= 8


def _cuts_most(decoded: str, dialect: Dialect) -> bool:
    """Whether most records have several values, but now so many and now so many."""
    widths = [len(values) for _, values in sample_of(decoded, dialect)]
    wide = [width for width in widths if width > 2]
    return len(wide) * 5 > len(widths) * 4 and len(set(wide)) > 1


def _odd(lines: Sequence[str]) -> list[str]:
    """Other marks, of one sign and of several, that stand in nearly each line."""
    found: Counter[str] = Counter()
    for line in lines:
        runs = {run[0] for run in _ODD_RUN.finditer(line)}
        found.update({*_ODD.findall(line), *runs} | ({" "} if " " in line.strip() else set()))
    often = [mark for mark, number in found.items() if number >= 0.9 * len(lines) and mark not in USUAL]
    return sorted(often, key=lambda mark: (-len(mark), mark))


def _quotes(decoded: str, delimiter: str, usual: str) -> Iterator[str]:
    """Quotes that open and close a value somewhere, the usual one first.

    Once is enough where the value holds what is quoted for: the delimiter, or a quote.
    """
    yield usual
    between = re.escape(delimiter)
    for quote in _QUOTES:
        if quote != usual and quote != delimiter and quote in decoded and quote not in delimiter:
            sign = re.escape(quote)
            inside = rf"(?:[^{sign}\n\\]|{sign}{sign}|\\[^\n]|\\(?={sign}))+"
            values = re.findall(rf"(?:^|{between}){sign}({inside}){sign}(?={between}|\r?$)", decoded, re.MULTILINE)
            if len(values) > 1 or any(held in value for value in values for held in (delimiter, quote, '"')):
                yield quote


def _best_escape(decoded: str, delimiter: str, quote: str, given: Dialect | None) -> Trial:
    """How a quote is written inside quotes: doubled, unless another way leaves fewer records broken."""
    if given is not None:
        return _trial(decoded, Dialect(delimiter, quote, given.escape if given.escape != given.quote else quote))
    best = _trial(decoded, Dialect(delimiter, quote, quote))
    if not quote or not best.broken:
        return best
    doubled = best.doubled
    if f"\\{quote}" in decoded:
        slashed = _trial(decoded, Dialect(delimiter, quote, "\\"))
        best = slashed if slashed.broken < best.broken else best
    if best.broken > 1 and not doubled:
        bare = _trial(decoded, Dialect(delimiter, quote, NO_ESCAPE))
        # One stray quote is a broken line; only where quotes inside quotes are the custom they are read as such.
        best = bare if bare.broken * 4 < best.broken and bare.alike > best.alike else best
    return best


def _whole_mark(decoded: str, chosen: Trial) -> Trial:
    """With the sign behind the delimiter that stands behind each, as the third of ||~ does."""
    mark, lines = chosen.dialect.delimiter, [line for line in decoded.splitlines()[:_TRIED] if line.strip()]
    behind = {line[at.end() : at.end() + 1] for line in lines for at in re.finditer(re.escape(mark), line)}
    if chosen.width < 3 or len(lines) < 2 or mark == "\t" or len(behind) != 1 or not behind <= set("~^|#@!&*+"):
        return chosen
    longer = _best_escape(decoded, mark + behind.pop(), chosen.dialect.quote, None)
    return longer if longer.width == chosen.width and longer.alike >= chosen.alike else chosen


def _with_space(decoded: str, chosen: Trial) -> Dialect:
    """With the space behind the delimiter, where one stands behind each."""
    dialect = chosen.dialect
    if dialect.delimiter not in USUAL or dialect.delimiter == "\t" or f"{dialect.delimiter} " not in decoded:
        return dialect
    spaced = _best_escape(decoded, f"{dialect.delimiter} ", dialect.quote, None)
    if spaced.width < chosen.width or spaced.broken > chosen.broken or spaced.worth < chosen.worth:
        return dialect
    bare = re.compile(rf"{re.escape(dialect.delimiter)}(?! )")
    rest = (value for _, values in sample_of(decoded, spaced.dialect) for value in values)
    quoted = sum(1 for value in rest if bare.search(value))
    total = sum(len(values) - 1 for _, values in sample_of(decoded, spaced.dialect))
    return spaced.dialect if quoted <= total // 10 else dialect


def sample_of(decoded: str, dialect: Dialect, most: int = _TRIED) -> list[tuple[Record, list[str]]]:
    """The first records and their values; a broken one has none."""
    reader = Splitter(dialect, 0, trying=True)
    records = itertools.islice(reader.records(io.BytesIO(decoded.encode("utf-8", "replace"))), most)
    return [(found, [] if found.problem else reader.values(found)) for found in records]


def _trial(decoded: str, dialect: Dialect) -> Trial:
    reader = Splitter(dialect, 0, trying=True)
    found = sample_of(decoded, dialect)
    widths = [len(values) for _, values in found]
    broken = sum(1 for one, _ in found if one.problem)
    wide = Counter(width for width in widths if width > 1)
    width = max(wide.items(), key=lambda item: (item[1], item[0]))[0] if wide else 1
    pairs = list(itertools.pairwise(widths))
    alike = sum(1 for one, other in pairs if one == other > 1) / len(pairs) if pairs else float(width > 1)
    alike = max(alike, wide[width] / len(widths) if len(widths) > 2 else 0.0)
    unread = sum(1 for one, values in found if values and any(map(_is_unread, _bare(reader, one))))
    inner = dialect.quote * 2
    doubled = bool(inner) and any(not one.problem and inner in _inside(reader, one) for one, _ in found)
    torn = sum(1 for one, values in found if _is_torn(reader, one, values))
    whole = max(len(found), 1)
    return Trial(dialect, alike, width, broken, doubled, unread / whole, torn / whole)


def _bare(reader: Splitter, one: Record) -> list[str]:
    """The values of a sound record that do not stand in the dialect's quotes."""
    return [raw for raw in reader.written(one) if not reader.is_quoted(raw)]


def _is_unread(raw: str) -> bool:
    """Whether a value is still in quotes, behind a space or of another kind."""
    text = raw.strip()
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


def _is_torn(reader: Splitter, one: Record, values: Sequence[str]) -> bool:
    """Whether two values at least have a lone quote in them, as the halves of one that was cut have."""
    if len(values) < 2 or not any(quote in value for value in values for quote in "\"'"):
        return False
    bare = [raw.strip() for raw in _bare(reader, one)]
    begun = any(raw.startswith("'") and not raw.endswith("'") for raw in bare)
    ended = any(raw.endswith("'") and not raw.startswith("'") for raw in bare)
    return (begun and ended) or sum(raw.count('"') % 2 for raw in bare) > 1


def _inside(reader: Splitter, one: Record) -> str:
    """What stands inside the quotes of a sound record's values, as it is written."""
    return " ".join(raw[1:-1] for raw in reader.written(one) if len(raw) > 3)
