"""From a Meaning to SQL, as a SQLGlot tree."""
