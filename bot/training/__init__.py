"""A model's life: the data it is made from, training, measuring, promotion and the way back."""
