"""Seeing what the figures say: charts as SVG, and the dashboard's data."""
