"""How a text becomes an intent and entities, without Rasa: NumPy, onnxruntime and tokenizers only.

The Rasa components in `bot.rasa_runtime.components` are thin shells over this package, so that the same model can
also be read in a process that does not pay the ten seconds Rasa needs to import TensorFlow.
"""
