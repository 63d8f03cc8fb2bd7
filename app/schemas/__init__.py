"""Models of the API: one file a resource, and the types that resources share."""
