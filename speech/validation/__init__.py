"""Checks whether a take says its text, and tells where each word lies."""

from speech.validation.create import create_validator

__all__ = ["create_validator"]
