"""Proof by running that docker-compose.yml brings up the whole system, on a machine that reaches no image registry."""
