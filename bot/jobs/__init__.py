"""The lease queue: at-least-once work on the store itself, enqueued in the transaction that needs it."""
