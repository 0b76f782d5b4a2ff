"""What CloudFormation makes of Lambda's versions when an update fails and is deployed again."""

import json

import pytest

from .conftest import Function, code, eventually


class Stack:
    """A SAM function with an alias, and beside it a custom resource that gets the version as its Revision."""

    def __init__(self, client, name):
        self.name = name
        self._client = client
        self.bucket = name.lower()
        client("s3").create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
        )
        for key in ("one", "two"):
            # Bytes before an archive are not read, but make it another one.
            client("s3").put_object(Bucket=self.bucket, Key=key, Body=key.encode() + code())
        client("s3").put_object(Bucket=self.bucket, Key="two-again", Body=b"two" + code())
        self.provider = Function(client, f"{name}-provider")

    def deploy(self, key, how="well", tags=None, **publishing):
        """Create or update; the status, and why something failed."""
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "Function": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {
                        "FunctionName": self.name,
                        "Runtime": "provided.al2023",
                        "Handler": "bootstrap",
                        "CodeUri": {"Bucket": self.bucket, "Key": key},
                        "AutoPublishAlias": "live",
                        "Tags": tags or {},
                        **publishing,
                    },
                },
                "Thing": {
                    "Type": "Custom::Thing",
                    "Properties": {
                        "ServiceToken": self.provider.arn,
                        "ServiceTimeout": 20,
                        "Revision": {"Ref": "Function.Version"},
                        "How": how,
                    },
                },
            },
        }
        cloudformation = self._client("cloudformation")
        known = {event["EventId"] for event in self._events()}
        (cloudformation.update_stack if known else cloudformation.create_stack)(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

        def status():
            found = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
            return None if found.endswith("IN_PROGRESS") else found

        ended = eventually(status, 30)
        new = [event for event in self._events() if event["EventId"] not in known]
        return ended, "; ".join(event.get("ResourceStatusReason", "") for event in new)

    def _events(self):
        try:
            return self._client("cloudformation").describe_stack_events(StackName=self.name)["StackEvents"]
        except self._client("cloudformation").exceptions.ClientError:
            return []

    def versions(self):
        found = self._client("lambda").list_versions_by_function(FunctionName=self.name)["Versions"]
        return [each["Version"] for each in found if each["Version"] != "$LATEST"]


@pytest.fixture
def stack(client, name):
    return Stack(client, name)


def test_a_version_that_stayed_after_a_rollback_stops_the_same_code(stack):
    assert stack.deploy("one")[0] == "CREATE_COMPLETE"
    assert stack.deploy("two", how="failed when updated")[0] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.versions() == ["1", "2"]
    status, why = stack.deploy("two")
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "A version for this Lambda function exists ( 2 )" in why


def test_a_version_that_went_with_the_rollback_does_not(stack):
    assert stack.deploy("one", VersionDeletionPolicy="Delete")[0] == "CREATE_COMPLETE"
    failed = stack.deploy("two", how="failed when updated", VersionDeletionPolicy="Delete")
    assert failed[0] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.versions() == ["1"]
    assert stack.deploy("two", VersionDeletionPolicy="Delete")[0] == "UPDATE_COMPLETE"
    assert stack.versions() == ["3"], "a number is not given twice, and the predecessor is gone"


def test_the_same_code_from_another_place_is_no_new_version(stack):
    assert stack.deploy("two")[0] == "CREATE_COMPLETE"
    status, why = stack.deploy("two-again")
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "A version for this Lambda function exists ( 1 )" in why


def test_tags_are_no_part_of_a_version(stack):
    assert stack.deploy("one", AutoPublishAliasAllProperties=True)[0] == "CREATE_COMPLETE"
    status, why = stack.deploy("one", AutoPublishAliasAllProperties=True, tags={"team": "security"})
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "A version for this Lambda function exists" in why


def test_a_versions_description_cannot_be_changed(stack):
    assert stack.deploy("one", VersionDescription="first")[0] == "CREATE_COMPLETE"
    status, why = stack.deploy("one", VersionDescription="second")
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "Updates are not supported for the property Description" in why


def test_publishing_without_a_change_gives_the_last_version(client, name):
    function = Function(client, name)
    publish = lambda: client("lambda").publish_version(FunctionName=function.name)["Version"]  # noqa: E731
    configure = client("lambda").update_function_configuration
    assert (publish(), publish()) == ("1", "1")
    configure(FunctionName=name, Environment={"Variables": {"A": "1"}})
    assert publish() == "2"
    configure(FunctionName=name, Environment={"Variables": {"A": "2"}})
    configure(FunctionName=name, Environment={"Variables": {"A": "1"}})
    assert publish() == "2", "it is what the last version is"
