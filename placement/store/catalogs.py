"""A catalog as bytes and back: the texts of its files, read like any other catalog."""

from __future__ import annotations

import json
import zlib

from placement.catalog.catalog import Catalog
from placement.catalog.load import load_catalog_texts
from placement.errors import InternalFaultError
from placement.store.damage import recorded


def pack(catalog: Catalog) -> bytes:
    """Return a catalog as compressed files.

    Raises
    ------
    InputError
        If the catalog was made in code and has what its files cannot say.
    """
    content = {"name": catalog.name, "files": catalog.to_files()}
    return zlib.compress(json.dumps(content, ensure_ascii=False).encode())


def unpack(content: bytes, digest: str) -> Catalog:
    """Return the catalog that was packed.

    Raises
    ------
    InternalFaultError
        If it has another digest than the one it is stored under.
    """
    with recorded(f"catalog {digest}"):
        read = json.loads(zlib.decompress(content))
        catalog = load_catalog_texts(read["files"], name=read["name"])
    if catalog.digest != digest:
        raise InternalFaultError(f"the catalog stored as {digest} has digest {catalog.digest}")
    return catalog
