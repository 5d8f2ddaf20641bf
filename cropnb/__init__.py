"""Crop mapping with SAR and deep learning: the package behind a book that runs."""

__version__ = "0.1.0"
