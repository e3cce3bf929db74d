"""Secrets, encrypted with a key that lies outside the database."""
