"""The file that Chainlit loads; the handlers are in ``chat_ui.handlers``."""

from chat_ui.handlers import register

register()
