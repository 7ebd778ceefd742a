"""Lumen & Hearth, the sample shop: a small real web shop that shows Rapport on a site like a customer's own."""
