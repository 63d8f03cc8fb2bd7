"""How HTTP requests are parsed, processed and cached: the pipeline, the modules it uses, and the connection."""
