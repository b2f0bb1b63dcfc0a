"""What the gate found, for machines, for a browser and for a terminal. No report holds a value of the source."""
