"""A read-only JSON API about kratom and chronic back pain."""
