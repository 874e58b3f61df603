"""Fixtures for every test of the house."""

pytest_plugins = ["chassis.testing"]
