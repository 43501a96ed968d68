"""``dreflow slack``."""

from __future__ import annotations

import argparse

SUMMARY = "hold conversations in Slack, over a connection that is opened from here"
EPILOG = """\
SLACK_BOT_TOKEN (xoxb-...) and SLACK_APP_TOKEN (xapp-...) are read from the environment or the vault; docs/slack.md says
where Slack gives them. Where Slack can reach this machine, 'dreflow chat' takes its requests too: set
SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET for that.

examples:
  dreflow slack
  dreflow slack --data exports
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument(
        "--data", action="append", default=[], metavar="X", help="what conversations look at that name nothing else"
    )
    parser.add_argument("--model", help="who plans, as provider:model (default: what 'dreflow models use' says)")
    parser.add_argument("--no-worker", action="store_true", help="let other workers run what is due ('dreflow worker')")


def run(args: argparse.Namespace) -> int:
    """Answer until interrupted."""
    import asyncio

    from integrations.slack.keys import APP_TOKEN, BOT_TOKEN, keys, vault_secret
    from spec.errors import AccessError

    given = keys(vault=vault_secret)
    if given is None or given.app_token is None:
        lacking = BOT_TOKEN if given is None else APP_TOKEN
        raise AccessError(
            f"Slack needs {lacking}.",
            hint=f"Set {lacking} in the environment; docs/slack.md says where Slack gives it.",
            data={"needs": lacking},
        )

    from agents.models import preferred
    from agents.service import Service
    from integrations.cli import serving, workspace
    from integrations.cli.commands.worker import beside
    from integrations.slack.app import SlackApp, by_socket
    from tools import addresses

    context = workspace.context(args)
    service = Service(
        context.workspace,
        start=serving.start(),
        clock=lambda: workspace.now(None),
        model=args.model or preferred(context),
        data=tuple(args.data),
        address=addresses.stated(context.workspace),
    )
    print("Answering in Slack - stop it with Ctrl+C.", flush=True)

    async def serve() -> None:
        await by_socket(SlackApp(service, given))

    end_worker = None if args.no_worker else beside(serving.of_worker(context))
    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        print("Stopped; what is open goes on at the next start.", flush=True)
    finally:
        if end_worker is not None:
            end_worker()
        service.close()
    return 0
