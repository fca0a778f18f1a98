"""The tables of a store, as the newest migration leaves them.

``objects`` and ``assignments`` are temporal: a row holds from ``from_serial`` until before
``to_serial``, so that a commit writes what it changes and every serial can still be read.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

VERSION_TABLE = "placement_version"
SCHEMA = "0001"
"""The newest migration."""
FORMAT = 1
"""Of what the documents inside the tables look like."""

METADATA = MetaData()
_OPEN = text("to_serial IS NULL")


def _serial(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey("history.serial"), nullable=nullable)


META = Table(
    "meta",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("lineage", Text, nullable=False),
    Column("format", Integer, nullable=False),
    Column("serial", BigInteger, nullable=False),
)
CATALOGS = Table(
    "catalogs",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
HISTORY = Table(
    "history",
    METADATA,
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("parent", BigInteger, CheckConstraint("parent = serial - 1"), nullable=False),
    Column("at", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("state_digest", Text, nullable=False),
    Column("catalog_digest", Text, ForeignKey("catalogs.digest"), nullable=False),
)
OBJECTS = Table(
    "objects",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("from_serial", BigInteger, ForeignKey("history.serial"), primary_key=True),
    _serial("to_serial", nullable=True),
    CheckConstraint("to_serial > from_serial"),
    Index(
        "one_object_of_a_name",
        "kind",
        "name",
        "environment",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)
ASSIGNMENTS = Table(
    "assignments",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("model", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("continent", Text, nullable=False),
    Column("flavor", Text, nullable=False),
    Column("replicas", BigInteger, CheckConstraint("replicas > 0"), nullable=False),
    Column("gpus", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("gpu", Integer),
    _serial("from_serial"),
    _serial("to_serial", nullable=True),
    CheckConstraint("to_serial > from_serial"),
    Index("assignments_of_a_deployment", "model", "environment"),
    Index(
        "assignments_of_today",
        "model",
        "environment",
        "node",
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)
LEASE = Table(
    "lease",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("since", Text, nullable=False),
    Column("expires", Text, nullable=False),
)
