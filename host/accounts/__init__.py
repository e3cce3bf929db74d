"""Users, groups, roles, sessions and API tokens."""
