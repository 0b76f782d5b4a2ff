"""What CloudFormation would make of template.yaml: the transform, and the values of its functions.

The transform is AWS's own (aws-sam-translator), offline. `resolve` then does what CloudFormation does with
parameters, conditions and intrinsic functions, in one account and region; what only AWS can know, such as the
name of a resource, stays a text like `<AlarmStateTopic>` or `<DeadLetterQueue.Arn>`.
"""

import os
import re
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "ap-southeast-2")  # the transform asks boto3 for a region

from samtranslator.translator.transform import transform as serverless
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "ap-southeast-2",
    "AWS::StackName": "pattern1-alarm",
    "AWS::URLSuffix": "amazonaws.com",
}

NO_VALUE = object()


class _NoManagedPolicies:
    """The template names none, so there is none to look up."""

    def load(self):
        return {}


def source():
    """The template as it is written."""
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))


def transformed(code="s3://bucket/code-1", **parameters):
    """The template after `sam deploy` has uploaded the code and the transform has run."""
    template = source()
    template["Resources"]["AlarmFunction"]["Properties"]["CodeUri"] = code
    return serverless(template, parameters, _NoManagedPolicies())


class Stack:
    """A transformed template with the values that its functions have for these parameters."""

    def __init__(self, code="s3://bucket/code-1", pseudo=None, **parameters):
        self.template = transformed(code, **parameters)
        defaults = {name: str(value["Default"]) for name, value in self.template["Parameters"].items()}
        self.values = {**PSEUDO, **(pseudo or {}), **defaults, **parameters}
        stack = "cloudformation:{AWS::Region}:{AWS::AccountId}:stack/{AWS::StackName}/0a1b2c3d-1111-2222-3333-444455556666"
        for name in ("AWS::Region", "AWS::AccountId", "AWS::StackName"):
            stack = stack.replace(f"{{{name}}}", self.values[name])
        self.values.setdefault("AWS::StackId", f"arn:{self.values['AWS::Partition']}:{stack}")
        self.imported = set()

    def properties(self, logical_id):
        """The properties of a resource, resolved."""
        return self.resolve(self.template["Resources"][logical_id].get("Properties", {}))

    def of_type(self, resource_type):
        """The logical ids of the resources of a type."""
        return [name for name, resource in self.template["Resources"].items() if resource["Type"] == resource_type]

    def resolve(self, value):
        """A value with every intrinsic function replaced by its result."""
        if isinstance(value, list):
            resolved = [self.resolve(each) for each in value]
            return [each for each in resolved if each is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref":
                return self._ref(argument)
            if function == "Condition":
                return self._condition(argument)
            if function.startswith("Fn::"):
                return getattr(self, "_" + function[4:].lower())(argument)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not NO_VALUE}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values:
            return self.values[name]
        assert name in self.template["Resources"], f"nothing is called {name}"
        return f"<{name}>"

    def _getatt(self, argument):
        logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        assert logical_id in self.template["Resources"], f"no resource is called {logical_id}"
        return f"<{logical_id}.{attribute}>"

    def _sub(self, argument):
        text, variables = argument if isinstance(argument, list) else (argument, {})

        def value(match):
            name = match[1]
            if name in variables:
                return str(self.resolve(variables[name]))
            return self._getatt(name) if "." in name else str(self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _if(self, argument):
        condition, then, otherwise = argument
        return self.resolve(then if self._condition(condition) else otherwise)

    def _condition(self, name):
        return self.resolve(self.template["Conditions"][name])

    def _equals(self, argument):
        left, right = self.resolve(argument)
        return str(left) == str(right)

    def _not(self, argument):
        return not self.resolve(argument[0])

    def _or(self, argument):
        return any(self.resolve(each) for each in argument)

    def _findinmap(self, argument):
        name, *keys = self.resolve(argument)
        first, second = keys
        return self.template["Mappings"][name][str(first)][second]

    def _join(self, argument):
        delimiter, values = argument
        return delimiter.join(self.resolve(values))

    def _split(self, argument):
        delimiter, text = argument
        return self.resolve(text).split(delimiter)

    def _importvalue(self, argument):
        name = self.resolve(argument)
        self.imported.add(name)
        return f"<import {name}>"
