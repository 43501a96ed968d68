"""Places that remember something beside the store; a file each, asked when something is forgotten.

A unit has any of these, each gives how many things it removed and may be called again after a crash:
``thread(context, thread_id)``, ``definition(context, name)`` and ``workspace(context)``. Third parties join through the
entry-point group ``dreflow.forgetting``.
"""
