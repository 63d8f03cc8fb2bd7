"""The words of the API: what each field means, what a client may ask for."""
