"""HTTP: the connection that parses requests, the pipeline that responds to them, and the response cache."""
