"""Custom resources: well answered, badly answered, and what CloudFormation does then."""

import json
import urllib.error
import urllib.request

import pytest

from .conftest import Function, eventually


@pytest.fixture
def function(client, name):
    return Function(client, name)


class Stack:
    """A stack of one custom resource."""

    def __init__(self, client, name, function):
        self._cloudformation, self.name, self._function = client("cloudformation"), name, function

    def template(self, **properties):
        resource = {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": self._function.arn, "ServiceTimeout": 20, **properties},
        }
        outputs = {each: {"Value": {"Fn::GetAtt": ["Thing", each]}} for each in ("Number", "Text")}
        return json.dumps({"Resources": {"Thing": resource}, "Outputs": outputs})

    def create(self, **properties):
        self._cloudformation.create_stack(StackName=self.name, TemplateBody=self.template(**properties))
        return self.settled()

    def update(self, **properties):
        self._cloudformation.update_stack(StackName=self.name, TemplateBody=self.template(**properties))
        return self.settled()

    def delete(self):
        stack_id = self.describe()["StackId"]
        self._cloudformation.delete_stack(StackName=self.name)
        return eventually(
            lambda: self._status(stack_id).endswith(("DELETE_COMPLETE", "_FAILED")) and self._status(stack_id)
        )

    def describe(self, name=None):
        return self._cloudformation.describe_stacks(StackName=name or self.name)["Stacks"][0]

    def settled(self):
        return eventually(lambda: not self._status().endswith("IN_PROGRESS") and self._status())

    def _status(self, name=None):
        return self.describe(name)["StackStatus"]

    def reasons(self):
        """Why the custom resource failed, oldest first."""
        events = reversed(self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"])
        return [
            each["ResourceStatusReason"]
            for each in events
            if each["LogicalResourceId"] == "Thing" and each["ResourceStatus"].endswith("_FAILED")
        ]


@pytest.fixture
def stack(client, name, function):
    return Stack(client, name, function)


def requests(function, count):
    return [(event["RequestType"], event.get("PhysicalResourceId")) for event in function.events(count)]


def test_a_resource_is_made_changed_replaced_and_removed(stack, function):
    assert stack.create(Id="a", Text="one", Flag=True, List=[1, {"Deep": False}]) == "CREATE_COMPLETE"
    assert {each["OutputKey"]: each["OutputValue"] for each in stack.describe()["Outputs"]} == {
        "Number": "7",
        "Text": "one",
    }
    assert stack.update(Id="a", Text="two") == "UPDATE_COMPLETE"
    assert stack.update(Id="b", Text="two") == "UPDATE_COMPLETE"
    assert ("Delete", "a") in requests(function, 4)
    assert stack.delete() == "DELETE_COMPLETE"
    assert requests(function, 5) == [
        ("Create", None),
        ("Update", "a"),
        ("Update", "a"),
        ("Delete", "a"),
        ("Delete", "b"),
    ]
    create, update = function.events(2)[:2]
    assert create["ServiceToken"] == function.arn
    sent = create["ResourceProperties"]
    assert (sent["Flag"], sent["List"], sent["ServiceTimeout"]) == ("true", ["1", {"Deep": "false"}], "20")
    assert update["OldResourceProperties"]["Text"] == "one"
    assert create["RequestId"] != update["RequestId"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (
            "failed",
            "Received response status [FAILED] from custom resource. Message returned: no luck (RequestId: ",
        ),
        ("failed without a reason", "Invalid response object: FAILED needs a Reason"),
        ("too long", "Response object is too long."),
        ("wrong request", "Invalid response object: RequestId must be the request's"),
        ("no physical id", "Invalid PhysicalResourceId"),
    ],
)
def test_a_bad_answer_fails_the_create_and_is_followed_by_a_delete(stack, function, how, reason):
    assert stack.create(How=how) == "ROLLBACK_COMPLETE"
    assert stack.reasons()[0].startswith(reason)
    (create, _), (delete, physical_id) = requests(function, 2)
    assert (create, delete) == ("Create", "Delete")
    if how in ("failed", "wrong request"):
        assert physical_id == "thing"
    if how == "no physical id":
        assert physical_id.startswith(f"{stack.name}-Thing-")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("typed", 403),
        ("posted", 403),
        ("decoded", 403),
        ("without the query", 403),
        ("chunked", 501),
    ],
)
def test_a_request_that_s3_refuses_is_no_answer(stack, function, how, status):
    assert stack.create(How=how, ServiceTimeout=1) == "ROLLBACK_COMPLETE"
    eventually(lambda: f"answered {status}" in function.lines())
    assert "did not receive a response" in stack.reasons()[0]


def test_a_second_answer_is_refused(stack, function):
    assert stack.create(How="twice") == "CREATE_COMPLETE"
    eventually(
        lambda: (
            [line for line in function.lines() if line.startswith("answered")]
            == ["answered 200", "answered 403"]
        )
    )


def test_a_failed_update_is_taken_back(stack, function):
    stack.create(Text="one")
    assert stack.update(Text="two", How="failed") == "UPDATE_ROLLBACK_COMPLETE"
    last = function.events(3)[-1]
    assert (last["RequestType"], last["ResourceProperties"]["Text"]) == ("Update", "one")
    assert last["OldResourceProperties"]["Text"] == "two"


def test_a_refused_rollback_is_skipped_or_tried_again(stack, client):
    cloudformation = client("cloudformation")
    stack.create(Text="one", How="failed when updated")
    assert stack.update(Text="two", How="failed") == "UPDATE_ROLLBACK_FAILED"
    assert len(stack.reasons()) == 2
    cloudformation.continue_update_rollback(StackName=stack.name)
    eventually(lambda: len(stack.reasons()) == 3)
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    cloudformation.continue_update_rollback(StackName=stack.name, ResourcesToSkip=["Thing"])
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.update(Text="three") == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_failing_function_is_tried_three_times(stack, function):
    assert stack.create(Text="please fail", ServiceTimeout=1) == "ROLLBACK_FAILED"
    expected = ["Create"] * 3 + ["Delete"] * 3
    assert sorted(event["RequestType"] for event in function.events(6)) == expected


def test_the_service_token_cannot_change(client, name, stack):
    stack.create()
    stack._function = Function(client, f"{name}-b")
    assert stack.update() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.reasons()[0] == "Modifying service token is not allowed."


def test_an_unknown_response_url_is_refused(aws):
    url = f"{aws.endpoint}/cloudformation-custom-resource-response-apsoutheast2/x?X-Amz-Signature=y"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(url, b"{}", {"Content-Type": ""}, method="PUT"))
