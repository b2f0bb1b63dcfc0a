"""Where masking runs: :mod:`.local` on this machine."""
