"""What HTTP asks of every answer: pure-ASGI layers around the application, and the protocol of a connection."""
