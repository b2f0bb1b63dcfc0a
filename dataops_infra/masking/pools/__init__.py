"""Frozen lists that replacements are drawn from, each with its SHA-256."""
