"""Alembic's migrations, shipped with the package: one set for both databases.

They add in one release and remove in the next, so that two releases can share a database for a while.
"""
