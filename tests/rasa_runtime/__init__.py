"""Tests of what runs inside Rasa, in Rasa's own environment:

.venv-rasa/bin/python -m unittest discover -s tests/rasa_runtime -t .
"""
