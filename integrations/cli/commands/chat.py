"""``dreflow chat``."""

from __future__ import annotations

import argparse

SUMMARY = "open the chat page, with the HTTP API beside it"
EPILOG = """\
examples:
  dreflow chat
  dreflow chat --port 9000 --data exports

Where there is no workspace yet and nothing is named, it opens a made-up shop to try things on.
"""
DEMO = "dreflow-demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be typed."""
    parser.epilog = EPILOG
    parser.add_argument("--port", type=int, default=8000, help="port of this machine (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument(
        "--data", action="append", default=[], metavar="X", help="what conversations look at that name nothing else"
    )
    parser.add_argument(
        "--address", metavar="URL", help="where people reach it, e.g. https://data.example.com (default: this machine)"
    )
    parser.add_argument("--model", help="who plans, as provider:model (default: what 'dreflow models use' says)")
    parser.add_argument("--no-worker", action="store_true", help="let other workers run what is due ('dreflow worker')")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import uvicorn

    from agents.models import preferred
    from agents.service import Service
    from integrations.cli import serving, workspace
    from integrations.cli.commands.worker import beside
    from integrations.http.app import make_app
    from integrations.http.who import Who
    from integrations.slack.keys import keys, vault_secret
    from tools import addresses

    _check_port(args.host, args.port)
    data = tuple(args.data) or _demo(args)
    context = workspace.context(args)
    service = Service(
        context.workspace,
        start=serving.start(),
        clock=lambda: workspace.now(None),
        model=args.model or preferred(context),
        data=data,
        address=addresses.of_page(context.workspace, args.address, port=args.port),
    )
    # Slack's libraries take a second to load, so they are loaded where it is set up.
    given = keys(vault=vault_secret)
    slack = ("integrations.slack.app",) if given is not None and given.signing_secret else ()
    app = make_app(service, Who(service, local=workspace.principal()), pages=(*slack, "chat_ui.app"))
    print(f"The chat page is at http://{args.host}:{args.port} - stop it with Ctrl+C.", flush=True)
    end_worker = None if args.no_worker else beside(serving.of_worker(context))
    try:
        uvicorn.run(app, host=args.host, port=args.port, log_level="warning", ws_max_size=1 << 24)
    finally:
        if end_worker is not None:
            end_worker()
    return 0


def _check_port(host: str, port: int) -> None:
    """Say that a port is taken before anything is opened."""
    import socket

    from spec.errors import UsageError

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the server will: a port that was in use a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"Nothing can listen at {host}:{port}: {error.strerror or error}.",
                hint=f"Choose another port: dreflow chat --port {port + 1 if port < 65535 else 8000}.",
            ) from None


def _demo(args: argparse.Namespace) -> tuple[str, ...]:
    """The made-up shop's files, where nothing else was named and no workspace is here; else nothing."""
    import os
    from pathlib import Path

    from tools.demo.world import write_world

    folder = Path(DEMO)
    own = args.workspace or os.environ.get("DREFLOW_WORKSPACE")
    if own is None and not Path(".dreflow").exists():
        args.workspace = str(folder / ".dreflow")
        if not (folder / "data").is_dir():
            write_world(folder, size="quarter")
    elif own is None or Path(own).resolve() != (folder / ".dreflow").resolve():
        return ()
    print(f"A made-up shop is open, its files are in {folder / 'data'}. Drop your own files into the page to begin.")
    return (str((folder / "data").resolve()),)
