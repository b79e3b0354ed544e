"""REST of policies: what holds where, rules, versions, a trial, what was found."""
