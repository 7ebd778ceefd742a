"""The gateway: every byte that comes from a browser or leaves to one."""
