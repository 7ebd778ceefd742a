"""Benchmarks; each prints a table and one last JSON line."""
