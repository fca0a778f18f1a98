"""Files, folders, YAML and JSON; places and excerpts of what is wrong."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from placement.errors import InputError
from placement.workspace import load_workspace

EXAMPLE = """\
apiVersion: placement/v1
kind: Policy
metadata: {name: us-or-asia}
spec:
  type: location
  locations: [{type: country, name: US}, {type: continent, name: Asia}]
  resourceTypes: [model]
  selector: {matchLabels: {team: fraud}}
---
apiVersion: placement/v1
kind: Policy
metadata: {name: t4-only}
spec: {type: flavor, flavors: [{type: gpu, name: T4}]}
---
apiVersion: placement/v1
kind: Environment
metadata: {name: development}
spec: {policies: [us-or-asia, t4-only]}
---
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat, environment: development, labels: {team: fraud, country: NO}}
spec:
  version: "B"
  enabled: true
  policies: []
  flavors: []
  replicas: 4
  minReplicas: 1
  resources: {gpus: 0.5, gpuMemoryGiB: 8, cpus: 4, memoryGiB: 16.125, extra: {nic: 1}}
  priority: -3
  rollout: recreate
  spread: [{over: region, minDomains: 2}, {over: node, maxPerDomain: 1}]
  separateFrom: [{selector: {matchLabels: {app: chat}}, over: node}]
  requestOrigins: [{country: Germany, weight: 3}, {country: usa, weight: 0.5}]
"""

POLICY = {
    "apiVersion": "placement/v1",
    "kind": "Policy",
    "metadata": {"name": "us"},
    "spec": {"type": "location", "locations": [{"type": "country", "name": "US"}]},
}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def diagnostics(*paths):
    with pytest.raises(InputError) as caught:
        load_workspace(*paths)
    return caught.value.diagnostics


def test_the_example(tmp_path):
    workspace = load_workspace(write(tmp_path / "a.yaml", EXAMPLE))
    assert list(workspace.policies) == ["t4-only", "us-or-asia"]
    assert list(workspace.environments) == ["development", "production"]
    assert workspace.environments["development"].policies == ("us-or-asia", "t4-only")
    (chat,) = workspace.deployments
    assert chat.key == ("chat", "development")
    assert chat.labels == {"team": "fraud", "country": "NO"}
    assert (chat.gpus, chat.gpu_memory, chat.cpus, chat.memory) == (500, 8000, 4000, 16125)
    assert dict(chat.extra) == {"nic": 1000}
    assert chat.resources.memory_gib == Decimal("16.125")
    assert [origin.country for origin in chat.request_origins] == ["DE", "US"]
    assert workspace.running == ()
    assert workspace.by_key[("chat", "development")] is chat


def test_a_workspace_cannot_be_changed(tmp_path):
    workspace = load_workspace(write(tmp_path / "a.yaml", EXAMPLE))
    with pytest.raises(TypeError):
        workspace.policies["x"] = None
    with pytest.raises(AttributeError):
        workspace.deployments = ()
    with pytest.raises(ValueError, match="frozen"):
        workspace.deployments[0].replicas = 3


def test_nothing_means_the_two_environments():
    workspace = load_workspace()
    assert list(workspace.environments) == ["development", "production"]


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "null\n", "\ufeff", "---\n---\n"])
def test_empty_documents_are_passed_over(tmp_path, text):
    assert not load_workspace(write(tmp_path / "a.yaml", text)).policies


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "%YAML 1.2\n---\n"])
def test_line_ends_and_byte_order_marks_do_not_matter(tmp_path, start, end):
    path = tmp_path / "a.yaml"
    path.write_bytes((start + EXAMPLE).replace("\n", end).encode())
    assert load_workspace(path) == load_workspace(write(tmp_path / "b.yaml", EXAMPLE))


def test_json_says_the_same_as_yaml(tmp_path):
    from placement.workspace.dumping import to_documents

    ours = load_workspace(write(tmp_path / "a.yaml", EXAMPLE))
    for index, document in enumerate(to_documents(ours)):
        write(tmp_path / "json" / f"{index}.json", json.dumps(document, indent="\t"))
    assert load_workspace(tmp_path / "json") == ours


def test_json_escapes_and_tabs(tmp_path):
    text = json.dumps({**POLICY, "metadata": {"name": "a/\U0001f600"}}, indent="\t")
    path = write(tmp_path / "a.json", text.replace("/", "\\/"))
    assert list(load_workspace(path).policies) == ["a/\U0001f600"]


def test_folders_are_read_deep_and_hidden_ones_are_not(tmp_path):
    write(tmp_path / "b" / "c.yml", json.dumps(POLICY))
    write(tmp_path / ".hidden" / "d.yaml", "not: [a manifest")
    write(tmp_path / "b" / ".e.yaml", "not: [a manifest")
    write(tmp_path / "README.md", "not a manifest")
    assert list(load_workspace(tmp_path).policies) == ["us"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    path = write(tmp_path / "a.json", json.dumps(POLICY))
    assert list(load_workspace(path, tmp_path, str(path)).policies) == ["us"]


def test_a_link_to_a_folder_above_does_no_harm(tmp_path):
    write(tmp_path / "a.json", json.dumps(POLICY))
    (tmp_path / "again").symlink_to(tmp_path)
    assert list(load_workspace(tmp_path).policies) == ["us"]


def test_everything_wrong_in_all_files_is_reported_in_one_run(tmp_path):
    good = "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: qa}\n"
    files = [
        write(tmp_path / "a.yaml", f"{good}---\n{good}spec: {{policy: []}}\n"),
        write(tmp_path / "b.json", json.dumps({**POLICY, "kind": "Polcy"})),
        write(tmp_path / "c.yaml", "a: [1\n"),
        tmp_path / "d.yaml",
    ]
    assert [(d.file, d.code) for d in diagnostics(*files)] == [
        (str(files[0]), "PL303"),
        (str(files[0]), "PL201"),
        (str(files[1]), "PL205"),
        (str(files[2]), "PL101"),
        (str(files[3]), "PL103"),
    ]


def test_a_name_in_the_unread_part_of_a_file_is_not_missed(tmp_path):
    use = "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: qa}\nspec: {policies: [us]}\n"
    write(tmp_path / "a.yaml", use)
    write(tmp_path / "b.yaml", "a: [1\n")
    assert [d.code for d in diagnostics(tmp_path)] == ["PL101"]
    (tmp_path / "b.yaml").unlink()
    assert [d.code for d in diagnostics(tmp_path)] == ["PL301"]


def test_a_wrong_document_still_declares_its_name(tmp_path):
    text = (
        "apiVersion: placement/v1\nkind: Policy\nmetadata: {name: us}\nspec: {type: gpus}\n---\n"
        "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: qa}\nspec: {policies: [us]}\n"
    )
    assert [d.code for d in diagnostics(write(tmp_path / "a.yaml", text))] == ["PL207"]


def test_the_same_name_in_two_files_shows_both(tmp_path):
    first = write(tmp_path / "a.json", json.dumps(POLICY))
    second = write(tmp_path / "b.json", json.dumps(POLICY))
    (found,) = diagnostics(tmp_path)
    assert found.file == str(second)
    assert f"first at {first}:1:" in found.message


def test_the_same_entry_or_policy_twice_is_no_error(tmp_path):
    place = "{type: country, name: US}"
    text = (
        "apiVersion: placement/v1\nkind: Policy\nmetadata: {name: us}\n"
        f"spec: {{type: location, locations: [{place}, {place}]}}\n---\n"
        "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: qa}\n"
        "spec: {policies: [us, us]}\n"
    )
    assert load_workspace(write(tmp_path / "a.yaml", text)).environments["qa"].policies == (
        "us",
        "us",
    )


def test_a_finding_prints_its_place_its_line_and_advice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.yaml", f"{EXAMPLE}\n---\nkind: Policy\n".replace("Asia}", "Asai}"))
    first, second = diagnostics("a.yaml")
    assert str(first) == (
        "a.yaml:6:66: PL305 unknown continent `Asai`\n"
        "    6 |   locations: [{type: country, name: US}, {type: continent, name: Asai}]\n"
        "      |                                                                  ^~~~\n"
        "  help: did you mean `Asia` or `SA` or `AS`?"
    )
    assert (second.line, second.column, second.code) == (38, 1, "PL202")


def test_marks_stand_below_tabs_and_in_long_lines(tmp_path):
    text = json.dumps(POLICY).replace('"US"', '"' + "U" * 200 + '"').replace("{", "{\t")
    (found,) = diagnostics(write(tmp_path / "a.json", text))
    line, mark = found.excerpt.split("\n")
    assert line.index("UUU") == mark.index("^") + 1
    assert max(len(line), len(mark)) < 200


def test_marks_far_to_the_right_stand_below_the_text(tmp_path):
    metadata = {"name": "n" * 250}
    text = json.dumps({"apiVersion": "placement/v1", "metadata": metadata, "kind": "Polcy"})
    (found,) = diagnostics(write(tmp_path / "a.json", text))
    line, mark = found.excerpt.split("\n")
    assert line[mark.index("^") :] == '"Polcy"}'
    assert len(line) < 200


def test_user_text_cannot_draw_on_the_terminal(tmp_path):
    text = json.dumps({**POLICY, "kind": "\x1b[31mred\nFILE:1:1: PL999 forged"})
    (found,) = diagnostics(write(tmp_path / "a.json", text))
    assert "\x1b" not in str(found)
    assert "forged" not in str(found).splitlines()[1:2]
    assert str(found).splitlines()[0].count("PL") == 2


def test_a_list_document_holds_documents(tmp_path):
    whole = {"kind": "List", "items": [POLICY, {**POLICY, "metadata": {"name": "us2"}}]}
    path = write(tmp_path / "a.json", json.dumps(whole))
    assert list(load_workspace(path).policies) == ["us", "us2"]


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        ({"kind": "List"}, "PL202"),
        ({"kind": "List", "items": {}}, "PL203"),
        ({"kind": "List", "items": [3]}, "PL203"),
        ({"kind": "List", "items": [], "item": []}, "PL201"),
    ],
)
def test_a_wrong_list_document(tmp_path, whole, code):
    assert [d.code for d in diagnostics(write(tmp_path / "a.json", json.dumps(whole)))] == [code]


def test_a_hundred_policies_are_read_quickly(tmp_path):
    import time

    text = "---\n".join(
        EXAMPLE.split("---\n")[0].replace("us-or-asia", f"p{index}") for index in range(100)
    )
    path = write(tmp_path / "a.yaml", text)
    load_workspace(path)
    start = time.perf_counter()
    assert len(load_workspace(path).policies) == 100
    assert time.perf_counter() - start < 0.3
