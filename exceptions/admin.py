"""Django looks for admin pages here."""

from exceptions.desk import admin as desk

__all__ = ["desk"]
