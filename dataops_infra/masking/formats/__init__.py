"""The file formats that can be masked, one module each."""
