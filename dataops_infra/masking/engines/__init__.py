"""Where masking runs: :mod:`.local` on this machine, :mod:`.spark` on the executors of a Spark application."""
