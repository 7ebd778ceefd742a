"""The use cases, one verb each. They use the domain's rules and are handed the store and other adapters."""
