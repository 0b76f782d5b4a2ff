"""The local AWS, as if it were an account: the walk finds it by the variables by which it would find one."""

import functools
import os
from contextlib import contextmanager

import boto3
import botocore.loaders
import pytest

from local_aws import LocalAws


@pytest.fixture(scope="session", autouse=True)
def models():
    """Let all sessions read the services' models once: that is most of what a short walk takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", functools.cache(botocore.loaders.create_loader))
        yield


@contextmanager
def variables(folder, **wanted):
    """The environment with these variables, and nothing else that SDKs read."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith("AWS_")]:
            patch.delenv(name)
        ours = {"AWS_CONFIG_FILE": f"{folder}/config", "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials"}
        for name, value in {**ours, "AWS_EC2_METADATA_DISABLED": "true", **wanted}.items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="module", name="aws")
def aws_fixture(tmp_path_factory):
    """An account of the module's own, policies enforced."""
    folder = tmp_path_factory.mktemp("aws")
    with LocalAws(folder, auth=True) as aws, variables(folder, **aws.environment()):
        yield aws


@pytest.fixture(scope="module", name="client")
def client_fixture(aws):
    """`client("sns")`: a client of whoever owns the account."""
    return lambda service: boto3.client(service, **aws.client())
