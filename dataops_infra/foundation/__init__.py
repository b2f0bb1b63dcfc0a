"""What every component stands on: checked arguments, its place on the platform, and the two keys to its data."""
