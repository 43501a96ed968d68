"""Secrets stay where they belong."""

from connectors.http.conformance.bench import SECOND, SENTINEL, Bench, BrokenError

SUMMARY = "no secret in what is kept, shown or loaded"


def run(bench: Bench) -> None:
    """Nothing that a read leaves behind holds one."""
    vendor = bench.vendor()
    with bench.folder() as folder:
        place = bench.place(folder)
        outcome = bench.read(vendor, place=place)
        kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    shown = repr(place) + repr(outcome.reading) + repr(outcome.rows)
    for secret in (SENTINEL, SECOND):
        if secret.encode() in kept or secret in shown:
            raise BrokenError("a secret was kept or shown")
    if bench.definition.auth and not any(SENTINEL in f"{call.headers}{call.url}" for call in vendor.calls):
        named = bench.definition.auth[0].use
        if named in {"bearer", "key", "oauth2_code"}:
            raise BrokenError("no request had the secret, so nothing was tried")
