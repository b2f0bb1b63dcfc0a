"""Sandboxes that end by themselves: one file per cloud."""
