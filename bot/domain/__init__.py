"""The rules of the product, pure: no I/O, no clock, no randomness that is not handed in."""
