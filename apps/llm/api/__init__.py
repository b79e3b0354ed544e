"""REST of connections, models and grants, for administrators."""
