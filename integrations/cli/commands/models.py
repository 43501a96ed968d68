"""``dreflow models list|check|use|key|url|rows|budget``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from tools.context import Context
    from tools.usage import Spent

SUMMARY = "models that may plan and explain: their keys, what they may see, what they may cost"
TASKS = ("draft", "answer", "extract", "route", "explain")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|check|use|key|url|rows|budget")
    listed = actions.add_parser("list", help="providers, routes, what models may see, and this month's account")
    check = actions.add_parser("check", help="ask a model one small thing: is it reached, does its key open it")
    check.add_argument("model", metavar="PROVIDER:MODEL")
    use = actions.add_parser("use", help="which models to try for a task, in this order")
    use.add_argument("task", choices=TASKS)
    use.add_argument("models", nargs="*", metavar="PROVIDER:MODEL", help="none: the built-in planner alone")
    key = actions.add_parser("key", help="keep a provider's key in the vault")
    key.add_argument("provider")
    key.add_argument("--stdin", action="store_true", help="read it from the first line of standard input")
    key.add_argument("--forget", action="store_true", help="forget it")
    url = actions.add_parser("url", help="where a provider is reached")
    url.add_argument("provider")
    url.add_argument("url", nargs="?", default="", help="none: its own address")
    rows = actions.add_parser("rows", help="which models may see rows of the data")
    rows.add_argument("who", choices=("never", "local", "always"))
    rows.add_argument(
        "--personal", choices=("mask", "local"), help="personal columns: masked, or for local models only"
    )
    budget = actions.add_parser("budget", help="what models may take in a calendar month")
    budget.add_argument("--tokens", help="tokens, or 'none'")
    budget.add_argument("--money", help="US dollars, or 'none'")
    for one in (listed, check, use, key, url, rows, budget):
        one.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from integrations.cli import workspace

    context = workspace.context(args)
    if args.action == "list":
        return _list(context, args)
    if args.action == "check":
        return _check(context, args)
    if args.action == "budget":
        return _budget(context, args)
    said = {"use": _use, "key": _key, "url": _url, "rows": _rows}[args.action](context, args)
    if args.json:
        workspace.print_json({"status": "done", "message": said})
    else:
        print(said)
    return 0


def _list(context: Context, args: argparse.Namespace) -> int:
    from agents.models import provider, providers
    from integrations.cli import workspace
    from integrations.cli.render import table
    from tools import models
    from tools.usage import spent

    settings = models.settings(context)
    account = spent(context, workspace.now(None))
    rows: list[list[str]] = []
    for name in providers():
        unit = provider(name)
        key = "yes" if models.key_of(context, name, unit.KEYS) else "no" if unit.NEEDS_KEY else "not needed"
        rows.append([name, unit.TITLE, key, ", ".join(sorted(unit.CAN)), settings.urls.get(name) or unit.HOME])
    if args.json:
        shown = [dict(zip(("name", "title", "key", "can", "url"), row, strict=True)) for row in rows]
        workspace.print_json(
            {"providers": shown, "settings": settings.model_dump(mode="json"), "month": _account(account)}
        )
        return 0
    print("Providers:\n" + table(["provider", "vendor", "key", "can", "address"], rows))
    for task in TASKS:
        chosen = " then ".join([*settings.routes.get(task, ()), "builtin"])  # type: ignore[call-overload]
        print(f"{task:<8} {chosen}")
    print(f"\nRows may be seen by: {settings.rows}. Personal columns: {settings.personal}.")
    print(_month(account))
    return 0


def _month(account: Spent) -> str:
    from agents import prices

    bound = [f"{account.budget.tokens:,} tokens"] if account.budget.tokens is not None else []
    bound += [f"{account.budget.money:.2f} US dollars"] if account.budget.money is not None else []
    said = [f"This month: {account.tokens:,} tokens, {account.cost:.4f} US dollars by the prices of {prices.source()}."]
    if account.unpriced:
        said.append(f"{account.unpriced:,} calls are not in it: {prices.UNPRICED}.")
    said.append(f"Budget: {' and '.join(bound) or 'none'}.")
    lines = [
        f"  {one.task:<8} {one.provider}:{one.model} {one.calls:,} calls, "
        f"{one.input_tokens:,} tokens in and {one.output_tokens:,} out"
        for one in account.lines
    ]
    return "\n".join([" ".join(said), *lines])


def _account(account: Spent) -> dict[str, object]:
    budget = account.budget
    return {
        "tokens": account.tokens,
        "cost": f"{account.cost:f}",
        "unpriced_calls": account.unpriced,
        "budget_tokens": budget.tokens,
        "budget_money": None if budget.money is None else f"{budget.money:f}",
    }


def _check(context: Context, args: argparse.Namespace) -> int:
    from agents.trial import tried
    from integrations.cli import workspace

    found = tried(context, args.model, now=workspace.now(None))
    if args.json:
        workspace.print_json(
            {"status": "ok" if found.works else "failed", "model": args.model, "message": found.message}
        )
    else:
        print(found.message)
    return 0 if found.works else 1


def _use(context: Context, args: argparse.Namespace) -> str:
    from agents.models import named
    from integrations.cli import workspace
    from tools import models

    settings = models.settings(context)
    for one in args.models:
        named(context, one, settings)
    routes = {**settings.routes, args.task: tuple(args.models)}
    models.change(
        context, {"routes": {task: route for task, route in routes.items() if route}}, now=workspace.now(None)
    )
    return f"{args.task}: {' then '.join([*args.models, 'builtin'])}."


def _key(context: Context, args: argparse.Namespace) -> str:
    import sys

    from agents.models import provider
    from integrations.cli import workspace
    from spec.errors import UsageError
    from tools import models

    unit = provider(args.provider)
    if args.forget:
        known = models.forget_key(context, args.provider, now=workspace.now(None))
        return f"The key for {unit.TITLE} is forgotten." if known else f"The vault held no key for {unit.TITLE}."
    if args.stdin:
        key = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        import getpass

        key = getpass.getpass(f"Key for {unit.TITLE}: ").strip()
    else:
        raise UsageError("There is nobody to type the key.", hint="Pipe it in with --stdin.")
    models.keep_key(context, args.provider, key, now=workspace.now(None))
    return f"The key for {unit.TITLE} is in the vault. Try it:  dreflow models check {args.provider}:MODEL"


def _url(context: Context, args: argparse.Namespace) -> str:
    from agents.models import provider
    from integrations.cli import workspace
    from tools import models

    provider(args.provider)
    urls = {name: url for name, url in models.settings(context).urls.items() if name != args.provider}
    models.change(
        context, {"urls": {**urls, **({args.provider: args.url} if args.url else {})}}, now=workspace.now(None)
    )
    return f"{args.provider} is reached at {args.url or 'its own address'}."


def _rows(context: Context, args: argparse.Namespace) -> str:
    from integrations.cli import workspace
    from tools import models

    changes = {"rows": args.who, **({"personal": args.personal} if args.personal else {})}
    made = models.change(context, changes, now=workspace.now(None))
    return f"Rows may be seen by: {made.rows}. Personal columns: {made.personal}."


def _budget(context: Context, args: argparse.Namespace) -> int:
    from integrations.cli import workspace
    from tools import usage

    now = workspace.now(None)
    if args.tokens is not None or args.money is not None:
        before = usage.spent(context, now).budget
        tokens = before.tokens if args.tokens is None else _whole(args.tokens)
        money = before.money if args.money is None else _money(args.money)
        usage.set_budget(context, usage.Budget(tokens, money), now=now)
    account = usage.spent(context, now)
    if args.json:
        workspace.print_json(_account(account))
    else:
        print(_month(account))
    return 0


def _whole(text: str) -> int | None:
    from spec.errors import UsageError

    plain = text.replace(",", "").replace("_", "")
    if text == "none":
        return None
    if not plain.isdigit():
        raise UsageError(f"--tokens {text!r} is no whole number.", hint="Write for instance 2000000, or none.")
    return int(plain)


def _money(text: str) -> Decimal | None:
    from decimal import Decimal, InvalidOperation

    from spec.errors import UsageError

    if text == "none":
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise UsageError(f"--money {text!r} is no amount.", hint="Write for instance 20 or 12.50, or none.")
    return found
