"""Every code a finding about the store can have."""

from __future__ import annotations

from placement.errors import FindingCode


class Code(FindingCode):
    """``PL7xx``: the store cannot be used as it was asked to."""

    BAD_URL = (
        "PL701",
        "a store URL cannot be read, or names a database that is not supported",
        "`mysql` is not a database that a store can be in",
    )
    NO_DRIVER = (
        "PL702",
        "the driver of a database is not installed",
        "the driver `psycopg` of PostgreSQL is not installed",
    )
    UNREACHABLE = (
        "PL703",
        "a database cannot be opened or reached",
        "the store cannot be opened: connection refused",
    )
    NO_STORE = ("PL704", "there is no store at a place", "there is no store here")
    NOT_A_STORE = (
        "PL705",
        "a file or database is something else than a store",
        "this database holds tables that no store has, such as `orders`",
    )
    NEWER = (
        "PL706",
        "a store was written by a newer version of this package",
        "the store has schema `0009`, this version knows schemas up to `0001`",
    )
    READ_ONLY = (
        "PL707",
        "a store can be read but not written",
        "the store cannot be written: attempt to write a readonly database",
    )
    NOT_TO_COMMIT = (
        "PL708",
        "a plan cannot be committed as it is",
        "a plan that is infeasible cannot be committed",
    )
    UNKNOWN_STATE = (
        "PL709",
        "a serial or a catalog is not recorded",
        "serial 12 is not recorded, the newest is 7",
    )
    DAMAGED = (
        "PL710",
        "what a store holds cannot be read",
        "the store is damaged: database disk image is malformed",
    )
