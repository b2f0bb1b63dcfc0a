"""What people read: a page for a browser, and JSON for programs."""
