"""How fast and how big: ratios against plain tools, taken in one run."""
