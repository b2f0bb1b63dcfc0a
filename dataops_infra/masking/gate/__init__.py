"""The gate: what must hold before a masked copy is published. It has no key; it reads both sides, row by row."""
