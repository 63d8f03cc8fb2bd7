"""Search: questions as they are understood, and the records that answer them."""
