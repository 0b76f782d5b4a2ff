"""A local AWS for the demo and the end-to-end tests.

It is ministack (pinned: https://pypi.org/project/ministack/), a local AWS in one process,
with the links that it lacks between a log event and a mail. Each module here is one link and
says which rule of AWS it follows:

- filter_pattern: which log events a pattern matches
- logs: FilterLogEvents in pages, metric filters that emit
- metric_data: GetMetricData in the periods of the request
- alarms: alarms that change state both ways and speak as AWS's do
- mailbox: e-mail subscriptions that are confirmed, and the mails
- queues: what AWS itself measures of what was lost
- clock: time that passes when a test says so
- schedules: EventBridge's rules, which tick when a test says so
- embedded_metrics: metrics that a function writes as lines of its log
- calls: how often a function called what
- asynchronous: retries, dead-letter queues (Lambda's and SNS's), who may invoke a function
- custom_resource: CloudFormation's requests and the strict ResponseURL
- versions: when Lambda publishes a version, and what CloudFormation cannot do with one
- policies: who may publish, and the ARNs that policies name

`LocalAws` starts it; `python -m local_aws` is the same by hand. Over HTTP it also has
`GET /_local/mails`, `POST /_local/confirm {"address": ...}`,
`POST /_local/minutes {"minutes": ...}` (see clock.minutes_pass),
`POST /_local/tick {"time": ..., "prefix": ...}` (see schedules.tick), `GET /_local/running` (the events that functions
are at work on), `GET /_local/calls` (see calls.counts) and
`PUT /_local/pages {"size": ..., "empty_first": ...}` (see logs.set_pages).
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ACCOUNT = "111122223333"
REGION = "ap-southeast-2"
SECRET = "local"  # the account's own key is its number, as ministack has it

_START_SECONDS = 30
_SETTLE_SECONDS = 120


class LocalAws:
    """A running local AWS: `with LocalAws() as aws: boto3.client("sns", **aws.client())`."""

    def __init__(self, data=None, port=0, auth=False, region=REGION):
        self._temporary = None if data else tempfile.TemporaryDirectory(prefix="local-aws-")
        self.data = Path(data or self._temporary.name)
        self.region = region
        self.endpoint = None
        self._arguments = [
            "--port",
            str(port),
            "--data",
            str(self.data),
            "--region",
            region,
            "--parent",
            str(os.getpid()),
        ]
        self._arguments += ["--auth"] if auth else []
        self._process = None

    def __enter__(self):
        self.data.mkdir(parents=True, exist_ok=True)
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *self._arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline().decode() if selector.select(_START_SECONDS) else ""
        if not line.startswith("ready "):
            self.stop()
            raise RuntimeError(f"the local AWS did not start; see above and {self.data / 'local-aws.log'}")
        self.endpoint = line.split()[1]
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """End the server and the processes of its functions."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        if self._temporary:
            self._temporary.cleanup()

    def environment(self, access_key=ACCOUNT, secret_key=SECRET):
        """Variables for SDKs and the AWS CLI: the account's own key, or a user's."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, access_key=ACCOUNT, secret_key=SECRET):
        """The same as arguments for `boto3.client`."""
        return {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": access_key,
            "aws_secret_access_key": secret_key,
        }

    def mails(self, to=None):
        """The mails so far, oldest first; those to one address."""
        return [mail for mail in self._call("GET", "/_local/mails") if to in (None, mail["to"])]

    def confirm(self, address):
        """Confirm the pending subscriptions of an address."""
        return self._call("POST", "/_local/confirm", {"address": address})["confirmed"]

    def minutes_pass(self, minutes):
        """Let so many minutes pass for what AWS measures, what functions have logged, and alarms."""
        self._call("POST", "/_local/minutes", {"minutes": minutes})

    def tick(self, at, prefix=""):
        """Let every scheduled rule tick whose name begins like this, as if it were that time; the rules that ticked."""
        return self._call("POST", "/_local/tick", {"time": at.isoformat(), "prefix": prefix})["invoked"]

    def settle(self):
        """Wait until no function is at work on an event."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while self._call("GET", "/_local/running")["running"]:
            if time.monotonic() > deadline:
                raise TimeoutError("a function is still at work")
            time.sleep(0.01)

    def calls(self):
        """How often functions have called what."""
        return self._call("GET", "/_local/calls")

    def pages(self, size=None, empty_first=False):
        """Make FilterLogEvents answer in small pages; without arguments, as usual."""
        self._call("PUT", "/_local/pages", {"size": size, "empty_first": empty_first})

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)
