"""Pure-ASGI layers around the application: what HTTP asks of every answer."""
