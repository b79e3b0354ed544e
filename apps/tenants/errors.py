"""Errors of tenant isolation."""


class TenantError(Exception):
    """Base of every isolation error: always a programming fault, never a user's."""


class NoTenantScopeError(TenantError):
    """A statement or a tenant model was used while no tenant is in scope."""


class CrossTenantError(TenantError):
    """Code tried to name, move or write a row of a tenant that is not in scope."""


class ScopeAbortedError(TenantError):
    """The scope's transaction had failed inside, so its COMMIT would have rolled back in silence."""


class UnsafeDatabaseRoleError(TenantError):
    """The process is connected as a role that row security does not bind."""
