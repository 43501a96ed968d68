"""Vocabularies of other languages: a file is a language; what it holds is brought to the English that is understood."""
