"""What the assistant does: Rasa says which action is due; it reads the turn, calls a service and speaks."""
