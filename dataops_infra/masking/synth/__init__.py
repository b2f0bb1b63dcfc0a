"""Synthetic rows: tables made from dataset contracts alone, the same ones for the same seed on every machine."""
