"""Retrieval over articles and the engine that walks troubleshooting guides; no database, no network."""
