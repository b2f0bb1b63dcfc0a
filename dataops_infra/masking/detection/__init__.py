"""Finds what columns and texts hold: names, patterns with validators, gazetteers."""
