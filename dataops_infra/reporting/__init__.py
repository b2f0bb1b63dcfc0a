"""What reports of every area share: escaping, a page's scaffold, JSON text, files written whole or not at all."""
