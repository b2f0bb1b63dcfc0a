"""`dataops`: one module per command group, each imported only when its command runs (start-up stays that of typer)."""
