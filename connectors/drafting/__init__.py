"""Drafting a connector: what a system's description or example answers say becomes a ``connector.yaml`` to be approved.

Nothing here asks a network, a clock or a model: the same documents and answers give the same draft, to the byte. Each
thing in a draft has its evidence; what has none is asked about, and a list of which something needed stays unknown is
left out and named.
"""
