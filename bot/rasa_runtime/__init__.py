"""Everything that Rasa imports, and nothing else: its channel, its components, its tracker store, its entry points.

Runs on Python 3.10 in an environment of its own and must not import any other package of the product.
"""
