"""A mix whose values cannot be compared exactly is refused as an input error."""

from __future__ import annotations

import pytest

from placement import InputError, Planner, load_catalog
from placement.catalog.shipped import shipped
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment


def test_weights_that_are_too_fine_for_the_fleet_are_an_input_error():
    catalog = load_catalog(shipped("catalogs", "public-cloud"))
    asked = make_workspace(deployments=[ModelDeployment(name="a", version="1", replicas=5000)])
    with pytest.raises(InputError, match="PL604"):
        Planner(catalog).plan(asked, objective="mix:cost=1,carbon=0.000000001")
