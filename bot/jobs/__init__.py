"""The lease queue: at-least-once work on the store itself, so that a job is enqueued in the transaction that needs it."""
