"""From the seed to the built file: check, build, format, report. Serving imports none of this."""
