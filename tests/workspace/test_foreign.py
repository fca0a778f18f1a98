"""Documents of earlier systems, both generations, against the same thing in our own shape."""

from __future__ import annotations

import pytest

from placement.errors import InputError
from placement.workspace import load_workspace

FLAT = """
apiVersion: beamlit.com/v1alpha1
kind: Policy
metadata: {name: us-or-eu}
spec:
  name: us-or-eu
  display_name: US or Europe
  type: location
  locations:
    - {type: country, name: us}
    - {type: continent, name: eu}
    - {type: location, name: eu-west-3}
  flavors: []
  resource_types: [model]
  created_at: "2024-11-10"
---
apiVersion: beamlit.com/v1alpha1
kind: Policy
metadata: {name: t4-only}
spec: {name: t4-only, type: flavor, locations: [], flavors: [{type: gpu, name: t4}]}
---
apiVersion: beamlit.com/v1alpha1
kind: Environment
metadata: {name: development}
spec: {name: development, display_name: Development, policies: [us-or-eu, t4-only]}
---
apiVersion: beamlit.com/v1alpha1
kind: Model
metadata: {name: chat}
spec:
  display_name: Chat
  deployments:
    - environment: development
      enabled: true
      policies: [us-or-eu]
      flavors: [{type: gpu, name: t4}]
      labels: {team: fraud}
      runtime: {type: huggingface, model: org/chat-2, args: [--fast]}
      serverless_config: {min_num_replicas: 2, max_num_replicas: 10, metric: concurrency}
      pod_template: {anything: [goes, here]}
    - runtime: {type: custom, image: registry/chat:1}
      serverless_config: {max_num_replicas: 10}
"""

NESTED = """
apiVersion: beamlit.com/v1alpha1
kind: Policy
metadata: {name: us-or-eu, displayName: US or Europe, workspace: w, labels: {a: b}}
spec:
  type: location
  locations:
    - {type: country, name: us}
    - {type: continent, name: eu}
    - {type: location, name: eu-west-3}
  resourceTypes: [model]
status: DEPLOYED
---
apiVersion: beamlit.com/v1alpha1
kind: Policy
metadata: {name: t4-only}
spec: {type: flavor, flavors: [{type: gpu, name: t4}], sandbox: false}
---
apiVersion: beamlit.com/v1alpha1
kind: Environment
metadata: {name: development, createdAt: "2024-12-23"}
spec: {policies: [us-or-eu, t4-only]}
---
apiVersion: beamlit.com/v1alpha1
kind: Model
metadata: {name: chat, environment: development, labels: {team: fraud}}
spec:
  enabled: true
  policies: [us-or-eu]
  flavors: [{type: gpu, name: t4}]
  integrationConnections: [hf]
  privateClusters: {name: onprem-1}
  runtime: {type: hf_private_endpoint, model: org/chat-2, servingPort: 80}
  serverlessConfig: {minNumReplicas: 2, maxNumReplicas: 10}
---
apiVersion: blaxel.ai/v1alpha1
kind: Model
metadata: {name: chat}
spec:
  runtime: {image: "registry/chat:1"}
  revision: {active: abc, canaryPercent: 10}
"""

OURS = """
apiVersion: placement/v1
kind: Policy
metadata: {name: us-or-eu}
spec:
  type: location
  locations:
    - {type: country, name: us}
    - {type: continent, name: eu}
    - {type: location, name: eu-west-3}
  resourceTypes: [model]
---
apiVersion: placement/v1
kind: Policy
metadata: {name: t4-only}
spec: {type: gpu, flavors: [{type: gpu, name: t4}]}
---
apiVersion: placement/v1
kind: Environment
metadata: {name: development}
spec: {policies: [us-or-eu, t4-only]}
---
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat, environment: development, labels: {team: fraud}}
spec:
  version: org/chat-2
  policies: [us-or-eu]
  flavors: [{type: gpu, name: t4}]
  replicas: 2
---
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat}
spec: {version: "registry/chat:1"}
"""


def load(folder, text):
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return load_workspace(path)


@pytest.mark.parametrize("text", [FLAT, NESTED], ids=["flat", "nested"])
def test_both_generations_say_the_same_as_our_own_documents(tmp_path, text):
    assert load(tmp_path, text) == load(tmp_path, OURS)


def model(spec, metadata="{name: m}", api="blaxel.ai/v1alpha1"):
    return f"apiVersion: {api}\nkind: Model\nmetadata: {metadata}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("spec", "replicas"),
    [
        ("{}", 1),
        ("{serverlessConfig: {}}", 1),
        ("{serverlessConfig: {maxNumReplicas: 4}}", 1),
        ("{serverlessConfig: {minNumReplicas: 0}}", 0),
        ("{serverlessConfig: {minNumReplicas: 3}}", 3),
        ("{serverlessConfig: {min_num_replicas: 3}}", 3),
        ("{replicas: 2, serverlessConfig: {minNumReplicas: 3}}", 2),
    ],
)
def test_replicas(tmp_path, spec, replicas):
    (one,) = load(tmp_path, model(spec)).deployments
    assert one.replicas == replicas


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ("{}", "unversioned"),
        ("{runtime: {type: hf}}", "unversioned"),
        ("{runtime: {model: org/a}}", "org/a"),
        ("{runtime: {image: b}}", "b"),
        ("{runtime: {model: org/a, image: b}}", "org/a"),
        ('{version: "7", runtime: {model: org/a}}', "7"),
    ],
)
def test_version(tmp_path, spec, version):
    (one,) = load(tmp_path, model(spec)).deployments
    assert one.version == version


def test_the_runtime_of_a_flat_model_holds_for_its_deployments(tmp_path):
    text = model("{runtime: {model: org/a}, deployments: [{environment: development}, {}]}")
    found = load(tmp_path, text).deployments
    assert [(one.environment, one.version) for one in found] == [
        ("development", "org/a"),
        ("production", "org/a"),
    ]


def test_a_model_with_an_empty_list_of_deployments_has_none(tmp_path):
    assert load(tmp_path, model("{deployments: []}")).deployments == ()


def test_a_token_policy_is_kept(tmp_path):
    text = (
        "apiVersion: beamlit.com/v1alpha1\nkind: Policy\nmetadata: {name: cap}\n"
        "spec:\n  type: maxToken\n  max_tokens: {granularity: day, total: 10, "
        "ratio_input_over_output: 2}\n"
    )
    policy = load(tmp_path, text).policies["cap"]
    assert policy.type == "maxToken"
    assert policy.max_tokens.ratio_input_over_output == 2
    assert not policy.places


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (model("{polices: []}"), "PL201"),
        (model("{}", "{name: m, colour: red}"), "PL201"),
        (model("{deployments: [{replica: 1}]}"), "PL201"),
        (model("{deployments: {}}"), "PL203"),
        (model("{deployments: [], polices: []}"), "PL201"),
        (model("{deployments: [chat]}"), "PL203"),
        (model("{runtime: {model: 3}, version: 3}"), "PL203"),
        (model("{policies: [us]}"), "PL301"),
        (model("{}", "{environment: production}"), "PL202"),
        (model("{}", "{name: m, environment: qa}"), "PL302"),
        (model("{deployments: [{}, {environment: production}]}"), "PL303"),
    ],
)
def test_what_is_wrong_is_refused(tmp_path, text, code):
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert [found.code for found in caught.value.diagnostics] == [code]
