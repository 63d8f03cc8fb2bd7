"""Search: parses questions, and finds and ranks the records that answer them."""
