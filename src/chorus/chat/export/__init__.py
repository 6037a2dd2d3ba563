"""Everything that a server, or one person on it, has: one archive in a documented format (docs/export.md)."""
