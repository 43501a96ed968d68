"""The other side of a connector: a vendor that answers as its own description says, for proofs without the vendor."""
