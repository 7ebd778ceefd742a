"""Property tests of the pure rules: the same examples in every run, and no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("domain", deadline=None, derandomize=True, max_examples=80)
settings.load_profile("domain")
