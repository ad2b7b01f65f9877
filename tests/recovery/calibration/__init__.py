"""Simulation-based calibration: parameters from the prior, data from them, ranks in the fit.

If an engine draws from the exact posterior, the rank of each true value among its draws is
uniform (Talts et al. 2020, arXiv:1804.06788). ``python -m tests.recovery.calibration`` writes
docs/calibration.md.
"""
