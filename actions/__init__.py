"""What the assistant does: Rasa decides that an action is due, the action reads the turn, calls a service and speaks."""
