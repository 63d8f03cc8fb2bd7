"""Search: words people type, and the records they should find."""
