"""Rasa graph components, named by full path in config.yml; thin shells over `bot.rasa_runtime.understanding`."""
