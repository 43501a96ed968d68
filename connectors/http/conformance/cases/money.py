"""Amounts come in the smallest unit of their currency."""

from decimal import Decimal

from connectors.files.pointers import ENTRY
from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.wire import at

SUMMARY = "an amount in the smallest unit is the exact amount of its currency"
CODES = ("eur", "jpy", "kwd", "usd", "KRW")


def run(bench: Bench) -> None:
    """Currencies with no, two and three decimals; each value as the vendor's documents count it."""
    paths = bench.paths(bench.source())
    columns = {
        name: (path, one.currency)
        for one in bench.said.money
        for name, path in paths.items()
        if "/" + "/".join(path) in one.amounts and ENTRY not in path
    }
    read = {place for one in bench.said.money for place in one.amounts} | {*bench.said.leave_out}
    missed = sorted(set(bench.theirs.smallest_units) - read)
    if missed:
        raise BrokenError(f"the vendor counts {missed[0]} in the smallest unit, and it is read as it stands ('money')")
    if not columns:
        raise NotApplicableError("its amounts are not in smallest units")
    vendor = bench.vendor(texts=CODES)
    rows = {bench.key_read(row): row for row in bench.read(vendor).rows}
    seen = set()
    for record in vendor.records(bench.stream):
        row = rows[bench.key_there(at(record, bench.theirs.key))]
        for name, (path, currency) in columns.items():
            minor, code = at(record, "/" + "/".join(path)), str(at(record, currency)).lower()
            seen.add(code)
            wanted = None if minor is None else Decimal(int(str(minor))).scaleb(-_decimals(bench, code))
            found = None if row[name] is None else Decimal(str(row[name]))
            if wanted != found:
                raise BrokenError(f"{name} of {minor} {code} is {found} and should be {wanted}")
    allowed = [vendor.tables[bench.stream].said(currency).get("enum", CODES) for _, currency in columns.values()]
    if len(seen) < min(len(CODES) - 1, *map(len, allowed)):
        raise BrokenError(f"the vendor had no other currencies than {sorted(seen)}")


def _decimals(bench: Bench, code: str) -> int:
    known = bench.profile.decimals.items()
    return next((number for number, codes in known if code in {one.lower() for one in codes}), 2)
