"""Files made to hurt end in a finding, quickly, whatever they are."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.errors import InputError
from placement.workspace import load_workspace
from placement.workspace.files import MAX_BYTES, decode
from placement.workspace.manifests import parse

HEAD = "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: qa}\n"
QA = {"apiVersion": "placement/v1", "kind": "Environment", "metadata": {"name": "qa"}}
NUMBERS = [f"policy-{number}" for number in range(60_000)]
FIELDS = {f"field{number}": 1 for number in range(60_000)}


def codes_of(path):
    with pytest.raises(InputError) as caught:
        load_workspace(path)
    return [found.code for found in caught.value.diagnostics]


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("brackets.yaml", "[" * 2_000_000, "PL105"),
        ("brackets.json", "[" * 2_000_000, "PL105"),
        ("braces.yaml", '{"a":' * 400_000, "PL105"),
        ("braces.json", '{"a":' * 400_000, "PL105"),
        ("dashes.yaml", "- " * 100_000, "PL105"),
        ("keys.yaml", "? " * 100_000, "PL105"),
        ("laughs.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "PL106"),
        ("many.yaml", "- 1\n" * 250_000, "PL104"),
        ("many.json", "[" + "1," * 250_000 + "1]", "PL104"),
        ("digits.yaml", f"{HEAD}spec: {{policies: [{'9' * 1_000_000}]}}\n", "PL108"),
        ("digits.json", '{"a": ' + "9" * 1_000_000 + "}", "PL108"),
        ("decimals.yaml", f"{HEAD}spec: {{policies: [0.{'9' * 1_000_000}]}}\n", "PL108"),
        ("exponent.yaml", f"{HEAD}spec: {{policies: [1e{'9' * 100_000}]}}\n", "PL108"),
        ("long.json", '{"' + "k" * 1_000_000 + '": 1}', "PL202"),
        ("fields.yaml", HEAD + "spec:\n" + "".join(f"  p{n}: 1\n" for n in range(60_000)), "PL199"),
        ("fields.json", json.dumps({f"p{n}": 1 for n in range(60_000)}), "PL202"),
        ("names.json", json.dumps({**QA, "spec": {"policies": NUMBERS}}), "PL199"),
        ("labels.json", json.dumps({**QA, "metadata": {"name": "a", **FIELDS}}), "PL199"),
        ("quote.json", '"' + "\\" * 1_000_001, "PL101"),
        ("quote.yaml", '"' + "a" * 1_000_000, "PL101"),
    ],
)
def test_ends_in_a_finding_quickly(tmp_path, name, text, code):
    path = write(tmp_path, name, text)
    start = time.process_time()
    assert code in codes_of(path)
    assert time.process_time() - start < 5


def test_a_file_above_the_limit_is_not_read(tmp_path):
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert codes_of(path) == ["PL104"]


def test_a_device_is_not_read():
    assert codes_of("/dev/zero") == ["PL103"]


def test_a_missing_file(tmp_path):
    assert codes_of(tmp_path / "nothing.yaml") == ["PL103"]


def test_a_name_with_a_null_character():
    assert codes_of("a\0b.yaml") == ["PL103"]


def test_a_file_that_is_no_manifest(tmp_path):
    assert codes_of(write(tmp_path, "notes.txt", "hello")) == ["PL110"]


def test_a_folder_without_manifests(tmp_path):
    assert codes_of(tmp_path) == ["PL110"]


def test_errors_of_one_file_are_capped_and_counted(tmp_path):
    fields = "".join(f"  field{index}: 1\n" for index in range(60))
    path = write(tmp_path, "many.yaml", f"{HEAD}spec:\n{fields}")
    with pytest.raises(InputError) as caught:
        load_workspace(path)
    *shown, last = caught.value.diagnostics
    assert [found.code for found in shown] == ["PL201"] * 50
    assert (last.code, last.message) == ("PL199", "10 more errors in this file are not shown")


@settings(max_examples=100, deadline=2000)
@given(st.binary(max_size=60), st.sampled_from(["a.yaml", "a.json"]))
def test_any_bytes_are_read_or_refused(data, name):
    findings, text = decode(data, name)
    if text is not None:
        parse(findings, text)


PIECES = st.sampled_from(
    [
        *(
            "apiVersion",
            "placement/v1",
            "kind",
            "Policy",
            "spec",
            "metadata",
            "name",
            ": ",
            "{",
            "}",
        ),
        *(
            "[",
            "]",
            ",",
            "\n",
            "  ",
            "- ",
            "---\n",
            '"',
            "'",
            "1",
            "-1",
            "true",
            "null",
            "#",
            "\\u0000",
        ),
        *("ModelDeployment", "Environment", "Model", "type", "location", "List"),
        *("beamlit.com/v1alpha1", "blaxel.ai/v1alpha1", "deployments", "policies", "spread"),
    ]
)


@settings(max_examples=150, deadline=2000)
@given(st.lists(PIECES, max_size=40), st.sampled_from(["a.yaml", "a.json"]))
def test_any_text_is_loaded_or_refused(tmp_path_factory, pieces, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_text("".join(pieces), encoding="utf-8")
    with contextlib.suppress(InputError):
        load_workspace(path)
