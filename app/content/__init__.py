"""Everything from the seed to the database: check, build, release, format, report, export. The server imports none of it."""
