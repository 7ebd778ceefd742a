"""The ways out of the process: Rasa, the shop, e-mail, hints. Handed to the services by `bootstrap`."""
