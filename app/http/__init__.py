"""How HTTP requests are read, answered and cached: the pipeline, what it uses, and the connection."""
