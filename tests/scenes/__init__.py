"""Scenes and shorthands that tests share; no test stands here."""
