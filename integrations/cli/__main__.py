"""``python -m integrations.cli``: the ``dreflow`` command."""

import sys

from integrations.cli.app import main

sys.exit(main())
