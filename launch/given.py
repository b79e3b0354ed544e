"""Asks the database and the broker that the environment names, before anything is started on them."""

import os

import psycopg
import redis

SECONDS = 5


class GivenError(Exception):
    """A given store does not answer; the message says which, why and what to do."""


def ask_given_stores() -> None:
    """Return when what DATABASE_URL and REDIS_URL name, where they are set, answers. Raises GivenError."""
    if address := os.environ.get("DATABASE_URL"):
        try:
            psycopg.connect(address, connect_timeout=SECONDS).close()
        except psycopg.OperationalError as error:
            raise _refusal("DATABASE_URL", str(error)) from error
        except psycopg.Error:  # it repeats the address, and with it the password
            raise _refusal("DATABASE_URL", "no address such as postgresql://USER:KEY@HOST/NAME") from None
    if address := os.environ.get("REDIS_URL"):
        try:
            with redis.Redis.from_url(
                address, socket_connect_timeout=SECONDS, socket_timeout=SECONDS
            ) as broker:
                broker.ping()
        except (redis.RedisError, OSError, ValueError) as error:
            raise _refusal("REDIS_URL", str(error)) from error


def _refusal(name: str, said: str) -> GivenError:
    words = " ".join(said.split()).rstrip(".")
    return GivenError(
        f"{name} leads to nothing that answers: {words}. Nothing was started. "
        f"Start that server or correct the address; without {name}, bin/up brings its own."
    )
