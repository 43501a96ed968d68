"""Cases of sending, one file each: tried on every action that takes records and whose vendor is described."""
