"""The cases of the suite: one file a case, each with ``SUMMARY`` and ``run(bench)``."""
