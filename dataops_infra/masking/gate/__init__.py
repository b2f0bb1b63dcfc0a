"""Proves, before a copy is published, that nobody can be found in it."""
