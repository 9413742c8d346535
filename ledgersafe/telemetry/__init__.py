"""Metrics, logs and the request id that ties them together. Imports nothing of ours."""
