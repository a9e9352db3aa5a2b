"""Rows and objects held against each other."""
