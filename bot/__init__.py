"""Rapport: a support-and-advocacy chatbot. Nothing happens at import; both Pythons import this package."""
