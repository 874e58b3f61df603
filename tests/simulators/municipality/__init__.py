"""Plays the 住基 and tax systems of three municipalities of Tokyo: see tests/simulators/README.md."""
