"""The first tables of a store.

Written out rather than taken from ``schema``: a migration never changes, the schema does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_OPEN = sa.text("to_serial IS NULL")


def upgrade() -> None:
    """Make every table."""
    _meta()
    _history()
    _objects()
    _assignments()
    _lease()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *checks: sa.CheckConstraint) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), *checks, nullable=False)


def _span() -> tuple[sa.Column[int], sa.Column[int], sa.CheckConstraint]:
    return (
        sa.Column("from_serial", sa.BigInteger(), sa.ForeignKey("history.serial"), nullable=False),
        sa.Column("to_serial", sa.BigInteger(), sa.ForeignKey("history.serial")),
        sa.CheckConstraint("to_serial > from_serial"),
    )


def _single() -> sa.Column[int]:
    one = sa.CheckConstraint("id = 1")
    return sa.Column("id", sa.Integer(), one, primary_key=True, autoincrement=False)


def _meta() -> None:
    whole = sa.Column("format", sa.Integer(), nullable=False)
    op.create_table("meta", _single(), _text("lineage"), whole, _number("serial"))


def _history() -> None:
    op.create_table(
        "catalogs",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "history",
        sa.Column("serial", sa.BigInteger(), primary_key=True, autoincrement=False),
        _number("parent", sa.CheckConstraint("parent = serial - 1")),
        _text("at"),
        _text("author"),
        _text("reason"),
        _text("kind"),
        _text("arguments"),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        _text("plan_digest"),
        _text("state_digest"),
        sa.Column("catalog_digest", sa.Text(), sa.ForeignKey("catalogs.digest"), nullable=False),
    )


def _objects() -> None:
    key = ("kind", "name", "environment")
    op.create_table(
        "objects",
        *map(_text, key),
        _text("document"),
        *_span(),
        sa.PrimaryKeyConstraint(*key, "from_serial"),
    )
    op.create_index(
        "one_object_of_a_name",
        "objects",
        list(key),
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _assignments() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    texts = ("model", "environment", "version", "node", "provider", "region", "zone", "country")
    op.create_table(
        "assignments",
        sa.Column("id", number, primary_key=True),
        *map(_text, (*texts, "continent", "flavor")),
        _number("replicas", sa.CheckConstraint("replicas > 0")),
        _number("gpus"),
        _number("cost"),
        sa.Column("gpu", sa.Integer()),
        *_span(),
    )
    deployment = ["model", "environment"]
    op.create_index("assignments_of_a_deployment", "assignments", deployment)
    op.create_index(
        "assignments_of_today",
        "assignments",
        [*deployment, "node"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _lease() -> None:
    texts = ("token", "holder", "host", "since", "expires")
    op.create_table("lease", _single(), *map(_text, texts), _number("pid"))
