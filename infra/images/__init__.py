"""The container image, and the one-shot containers that prepare a composed installation."""
