"""What docs/approval.md asks of whoever deploys, against the schemas of the resource types."""

import json
import re
from pathlib import Path

import cfnlint
from cloudformation import ROOT, Stack

PAGE = (ROOT / "docs/approval.md").read_text(encoding="utf-8").split("\n## Who deploys it\n")[1].split("\n## ")[0]
SHOWN = {each for each in re.findall(r"`(\w+:\w+)`", PAGE) if not each.startswith(("cloudformation:", "s3:"))}

# Services that only properties need which the template does not use.
UNUSED = ("codedeploy", "ec2", "elasticfilesystem", "firehose", "kms", "s3", "s3files")
UNUSED_ACTIONS = re.compile(
    r"lambda:.*(ProvisionedConcurrency|FunctionConcurrency|RuntimeManagement|CodeSigning|LayerVersion|Recursion|Scaling"
    r"|CapacityProvider|AssociateRuntimeAlias)"
    r"|logs:.*(DataProtection|LogDelivery|ResourcePolic|IndexPolic|BearerToken|KmsKey|DeletionProtection|DeleteRetention)"
    r"|sns:.*DataProtection|iam:(.*PermissionsBoundary|AttachRolePolicy|DetachRolePolicy|UpdateRoleDescription)"
)


def asked():
    """The actions that the schemas of the template's resource types name."""
    types = {resource["Type"] for resource in Stack().template["Resources"].values()}
    found = set()
    for file in (Path(cfnlint.__file__).parent / "data/schemas/resources").glob("*.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        if schema.get("typeName") in types:
            for verb in ("create", "read", "update", "delete"):
                found |= set(schema.get("handlers", {}).get(verb, {}).get("permissions", []))
            found |= set(schema.get("tagging", {}).get("permissions", []))
    return {each for each in found if each.split(":")[0] not in UNUSED and not UNUSED_ACTIONS.search(each)}


def test_the_page_names_what_the_resource_types_ask_for():
    assert len(SHOWN) > 60
    # CloudFormation calls a custom resource as whoever deploys.
    assert SHOWN == asked() | {"lambda:InvokeFunction"}
