"""Lambda's versions: when there is a new one, and what CloudFormation cannot do with one.

ministack takes a function that was changed and changed back for a new one, and lets CloudFormation publish again for
another description. Here PublishVersion compares code and configuration with those of the last version, and returns
that one when they are the same; CloudFormation then fails, because the version is not its own. So a version that a
rollback left behind (`DeletionPolicy: Retain`, SAM's default) stops the next deployment of the same code. Tags are no
part of a version. A version's description cannot be changed: AWS's own pages contradict each other about it, so the
strict reading is the one here.

https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
https://github.com/aws/serverless-application-model/issues/2786
https://github.com/aws/serverless-application-model/issues/3281
"""

import json

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from .patch import around

_NOT_PUBLISHED = ("FunctionArn", "LastModified", "LastUpdateStatus", "RevisionId", "State", "Version")


def _content(function):
    """What a version would keep of a function as it is now."""
    kept = {key: value for key, value in function["config"].items() if not key.startswith(_NOT_PUBLISHED)}
    return json.dumps(kept, sort_keys=True, default=str)


def _last(function):
    """The last version that there is."""
    return function["versions"].get(max(function["versions"], key=int, default=None))


def _recognise(function):
    """Let ministack, which compares revisions, see that nothing has changed since the last version."""
    last = _last(function) if function else None
    if last and last.get("content") == _content(function):
        last["function_revision"] = function["config"]["RevisionId"]


@around(lambda_svc, "_publish_version")
def _publish_version(original, name, data):
    function = lambda_svc._functions.get(name)
    _recognise(function)
    answer = original(name, data)
    if function:
        _last(function)["content"] = _content(function)
    return answer


@around(provisioners, "_lambda_version_create")
def _version_from_template(original, logical_id, properties, stack_name):
    function, _ = provisioners._lambda_version_function(properties)
    _recognise(function)
    return original(logical_id, properties, stack_name)


@around(provisioners, "_lambda_version_update")
def _version_updated(original, physical_id, old, new, *rest, **named):
    if old.get("Description") != new.get("Description"):
        raise ValueError("Updates are not supported for the property Description of AWS::Lambda::Version")
    return original(physical_id, old, new, *rest, **named)
