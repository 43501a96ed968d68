"""Telling which records are the same thing: candidates, evidence and chances in SQL, groups in integers.

The method is Fellegi's and Sunter's (*A Theory for Record Linkage*, 1969) without training: agreement on a word or
value is worth the binary logarithm of how rare it is among all other records (after Winkler's adjustment by
frequency), what speaks against a pair are stated constants, and the odds against any two records being one thing are
the number of records. Each ``<name>.sql`` is one SELECT over the relations that come before it; all amounts are whole
thousandths of a bit, so no order of rows and no number of threads changes a result.
"""
