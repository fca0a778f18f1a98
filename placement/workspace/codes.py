"""Every code a finding about manifests can have: one definition per code."""

from __future__ import annotations

from placement.errors import FindingCode


class Code(FindingCode):
    """Codes by subject.

    ``PL1xx`` the file cannot be read, ``PL2xx`` a document has the wrong shape, ``PL3xx`` a
    name means nothing, ``PL4xx`` a value breaks a rule.
    """

    SYNTAX = ("PL101", "the text is not valid YAML or JSON", "did not find expected `,` or `]`")
    NOT_TEXT = (
        "PL102",
        "the file is not UTF-8 text, or holds a character that no manifest needs",
        "character U+0000 is not allowed",
    )
    UNREADABLE = ("PL103", "a file or folder cannot be read", "no such file or folder")
    TOO_LARGE = (
        "PL104",
        "a file is larger than 16 MiB or has more than 200,000 values",
        "file has 20000000 bytes, the limit is 16777216",
    )
    TOO_DEEP = ("PL105", "lists and mappings are nested too deep", "nested deeper than 32 levels")
    YAML_FEATURE = (
        "PL106",
        "anchors, aliases, merge keys and tags are not read",
        "alias `*base` is not allowed",
    )
    DUPLICATE_KEY = (
        "PL107",
        "a mapping has one key twice",
        "key `replicas` is given twice, first at line 9, column 3",
    )
    BAD_NUMBER = (
        "PL108",
        "a number is not finite or has more than 18 digits",
        "number `1e999` is out of range",
    )
    BAD_KEY = ("PL109", "a key is not text", "key `1` must be text")
    NO_MANIFEST = (
        "PL110",
        "a folder has no manifest, or a file is not one",
        "folder has no .yaml, .yml or .json file",
    )
    MORE = (
        "PL199",
        "one file has more than 50 errors; the rest is only counted",
        "7 more errors in this file are not shown",
    )

    UNKNOWN_FIELD = ("PL201", "a field is not known", "unknown field `replica`")
    MISSING_FIELD = ("PL202", "a required field is missing", "field `version` is missing")
    WRONG_TYPE = (
        "PL203",
        "a value has the wrong type; nothing is converted silently",
        "`replicas` must be a whole number, found the text `3`",
    )
    UNKNOWN_VALUE = (
        "PL204",
        "a value is not in the closed list of its field",
        "`rollout` cannot be `surg`",
    )
    UNKNOWN_KIND = ("PL205", "the kind of a document is not known", "unknown kind `Polcy`")
    UNKNOWN_API = (
        "PL206",
        "the apiVersion of a document is not known",
        "unknown apiVersion `placement/v2`",
    )
    UNKNOWN_TYPE = ("PL207", "a policy has an unknown type", "unknown policy type `locaton`")
    FOREIGN_FIELD = (
        "PL208",
        "a field belongs to another type of policy",
        "field `flavors` does not belong to a `location` policy",
    )
    INVALID = ("PL209", "a value is not valid", "`maxCarbon` is not valid")

    UNKNOWN_POLICY = (
        "PL301",
        "a document names a policy that no document declares",
        "policy `us-onyl` does not exist",
    )
    UNKNOWN_ENVIRONMENT = (
        "PL302",
        "a document names an environment that no document declares",
        "environment `stagin` does not exist",
    )
    DUPLICATE_NAME = (
        "PL303",
        "two objects of one kind have the same name",
        "policy `us` is declared twice, first at a.yaml:3:18",
    )
    UNKNOWN_COUNTRY = ("PL304", "a country is not known", "unknown country `Untied States`")
    UNKNOWN_CONTINENT = ("PL305", "a continent is not known", "unknown continent `Asai`")
    UNKNOWN_BLOC = ("PL306", "a bloc is not known", "unknown bloc `EUU`")
    UNKNOWN_REGION = ("PL307", "the catalog has no such region", "unknown region `us-eats-1`")
    AMBIGUOUS_REGION = (
        "PL308",
        "a region code is used by several providers",
        "region `us-east` is ambiguous",
    )
    UNKNOWN_GPU = ("PL309", "the catalog has no such GPU", "unknown GPU `T44`")
    UNKNOWN_CPU = ("PL310", "there is no such CPU type", "unknown CPU `x68_64`")
    UNKNOWN_PROVIDER = (
        "PL311",
        "the catalog has no such provider (a warning)",
        "provider `awz` is not in the catalog",
    )
    NOT_IN_FLEET = (
        "PL312",
        "a known name that no node of the fleet has (a warning)",
        "no node is in country `Chad`",
    )
    BAD_NAME = (
        "PL313",
        "a name is empty, too long, or holds hidden characters or outer spaces",
        "name `` is empty",
    )
    NOT_PLACEMENT = (
        "PL314",
        "a policy that does not restrict where models run (a warning)",
        "policy `cap` of type `maxToken` is not a placement policy",
    )
    UNKNOWN_MODEL = (
        "PL315",
        "a model is not deployed in the environment that is asked about",
        "model `chta` is not deployed in `production`",
    )

    OUT_OF_RANGE = (
        "PL401",
        "a number is too small or too large",
        "`replicas` must be at least 0, found -1",
    )
    TOO_FINE = (
        "PL402",
        "a number is not a multiple of its step",
        "`gpus` above 1 must be a whole number, found 1.5",
    )
    MIN_ABOVE_MAX = (
        "PL403",
        "minReplicas is larger than replicas",
        "`minReplicas` is 3, more than the 2 `replicas`",
    )
    NO_OPTION = ("PL404", "a policy allows nothing", "policy `us` lists no `locations`")
    EMPTY_SPREAD = (
        "PL405",
        "a spread entry has no rule",
        "spread entry has none of `maxPerDomain`, `minDomains`, `maxSkew`",
    )
    TOO_MANY = (
        "PL406",
        "more objects than the limit",
        "10001 policies, the limit is 10000",
    )


BY_TEXT = {code.value: code for code in Code}
"""Every code by its text."""
