"""The rule base as records: loaded, layered, checked; knows no engine."""
