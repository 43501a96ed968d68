"""Ways in which a vendor deals out a list, written from vendors' documents and not from our paginators."""
