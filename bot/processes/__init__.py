"""The processes of the product: gateway, worker, and the supervisor that starts them in health-gated order."""
