"""Formats that masking keeps: which characters of a value are replaced, over which set, and what is computed anew."""
