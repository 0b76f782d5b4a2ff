"""Every command that the papers show is run by a test, or cannot be here, for a reason that stands here."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "release/README.md")]
PAPERS += [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]

# Run here, as it stands; what its output must have.
RUN_HERE = {
    "make": "Run every test",
    "make demo": "steps held",
    "cargo run -- explain events/sns-alarm.json tests/cloudtrail/*.json": "# Subject\n[KMS ",
    "cargo run -- explain events/sns-alarm.json tests/cloudtrail/decrypt-disabled.json": "DisabledException",
}

# Run by another test: its file and its name, or the step's.
RUN_THERE = {
    "make demo KEEP=1": ("tests/papers/test_commands.py", "test_the_demo_stays_until_it_is_told_to_end"),
    "make sam": ("tests/scenario/test_sam.py", "STEPS"),
    "sam delete": ("tests/scenario/sam.py", "it_is_removed"),
    "sam deploy": ("tests/scenario/sam.py", "new_code_provisions_again"),
    "sam deploy --guided --config-env everyday": ("tests/scenario/release.py", "sam_deploys_it"),
    'aws cloudformation package --template-file template.yaml --s3-bucket "$BUCKET"'
    " --output-template-file packaged.yaml": ("tests/scenario/release.py", "the_aws_cli_deploys_it"),
    'aws cloudformation deploy --template-file packaged.yaml --s3-bucket "$BUCKET" --stack-name pattern1-alarm'
    " --capabilities CAPABILITY_IAM --parameter-overrides Emails=oncall@example.com Period=60 Threshold=0"
    " TreatMissingData=notBreaching NotifyRecovery=true": ("tests/scenario/release.py", "the_aws_cli_deploys_it"),
    "sha256sum --check SHA256SUMS": ("tests/release/test_refused.py", "test_a_folder_as_it_is_written_holds_together"),
    "PYTHONPATH=tests .venv/bin/python -m pytest -q tests/scenario/test_role_by_arn.py": (
        "tests/scenario/test_role_by_arn.py",
        "ROLE_BY_ARN",
    ),
    "make account REGION=eu-central-1": ("tests/account/test_walk.py", "walk"),
    "make account-clean REGION=eu-central-1": ("tests/account/test_clean.py", "clean"),
    "cargo test --locked --lib explain": ("src/explain/tests.rs", "every_shape_of_an_alarm_gives_the_same"),
    "TOPIC_ARN=arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic"
    " cargo lambda watch --invoke-address 127.0.0.1": (
        "tests/scenario/test_the_loop.py",
        "test_an_event_from_a_file_becomes_a_mail",
    ),
    "cargo lambda invoke --invoke-address 127.0.0.1 --data-file events/sns-alarm.json": (
        "tests/scenario/test_the_loop.py",
        "test_an_event_from_a_file_becomes_a_mail",
    ),
}

# Not run as it stands, and why.
NOT_HERE = {
    "make test": "it is what runs this",
    "make check": ".ci/run runs it before the tests",
    "make deny": ".ci/run runs it too",
    "make mails": "it writes the approved mails, which the tests compare with",
    "make bench": "it measures for minutes, and only people can say what its figures mean; tests/bench has tests of its own",
    "make count": ".ci/run runs it where valgrind is or can be installed",
    "make count UPDATE=1": "it writes the figures that make count compares with",
    "sam build && sam deploy --guided --config-env everyday": (
        "it asks; tests/scenario/sam.py builds, and deploys with the answers as flags, and with the profile"
    ),
    "make release": "tests/scenario/release.py writes the same folder, with the function that the other tests run",
    "make verify DIST=dist/kms-alarm-0.1.0": "it compiles the function once more; tests/release has all that it says",
    'gh attestation verify bootstrap-x86_64.zip --repo "$OWNER/kms-alarm"': "no release is published, so it has no provenance",
    "for i in 1 2 3; do curl --header \"Content-Type: application/json\" --request GET --data"
    " '{\"Name\":\"Andy Jassy\",\"Key\":\"some-random-false-key\"}' $ALBURL/decrypt done": (
        "it needs the lab's application; the scenario writes the events that it causes"
    ),
    'aws sns list-subscriptions-by-topic --topic-arn "$TOPIC_ARN"': "test_the_aws_commands_exist reads it",
    'aws sns confirm-subscription --topic-arn "$TOPIC_ARN" --token "$TOKEN" --authenticate-on-unsubscribe true': (
        "test_the_aws_commands_exist reads it"
    ),
    'aws sns get-subscription-attributes --subscription-arn "$SUBSCRIPTION_ARN"': "test_the_aws_commands_exist reads it",
    'aws sns unsubscribe --subscription-arn "$SUBSCRIPTION_ARN"': "test_the_aws_commands_exist reads it",
    'aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol email --notification-endpoint oncall@example.com': (
        "its last option is the AWS CLI's own name; the scenarios subscribe the same address"
    ),
    'aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol https --notification-endpoint "$PAGER_URL" --attributes'
    ' \'{"FilterPolicy":"{\\"severity\\":[\\"CRITICAL\\",\\"HIGH\\",\\"INFO\\"]}"}\'': (
        "it needs a pager, and its endpoint's option is the AWS CLI's own name"
    ),
    "sam build": "tests/scenario/sam.py builds",
    'sam package --s3-bucket "$BUCKET" --output-template-file packaged.yaml': (
        "it needs a bucket; tests/scenario/world.py puts the code into one and its address into the template"
    ),
    'aws cloudformation create-stack-set --stack-set-name kms-alarm --template-url'
    ' "https://$BUCKET.s3.$REGION.amazonaws.com/packaged.yaml" --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND'
    " --parameters ParameterKey=Emails,ParameterValue=you@example.com"
    " ParameterKey=LogGroupName,ParameterValue=cloudtrail ParameterKey=Period,ParameterValue=60"
    " ParameterKey=Threshold,ParameterValue=0 ParameterKey=TreatMissingData,ParameterValue=notBreaching"
    " ParameterKey=NotifyRecovery,ParameterValue=true": "test_the_aws_commands_exist reads it",
    'aws cloudformation create-stack-instances --stack-set-name kms-alarm --accounts 111122223333 --regions "$REGION"'
    " --parameter-overrides"
    " ParameterKey=TaskRoleArn,ParameterValue=arn:aws:iam::111122223333:role/order-api": "test_the_aws_commands_exist reads it",
    "aws cloudformation get-template --stack-name kms-alarm --template-stage Processed --query TemplateBody"
    " > processed.json": "its last option is the AWS CLI's own",
    'aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol email --notification-endpoint orders-team@example.com'
    """ --attributes '{"FilterPolicy": "{\\"role\\": [{\\"prefix\\": \\"arn:aws:iam::111122223333:role/orders-\\"},"""
    """ \\"unknown\\"]}"}'""": "its third option is the AWS CLI's own name; tests/scenario/fleet.py filters like this",
    "aws cloudwatch describe-alarms --alarm-names pattern1-logging-alarm": "test_the_aws_commands_exist reads it",
    "aws cloudwatch describe-alarm-history --alarm-name pattern1-logging-alarm --history-item-type StateUpdate": (
        "test_the_aws_commands_exist reads it"
    ),
    "aws logs filter-log-events --log-group-name pattern1-logging-loggroup --filter-pattern"
    ' "$FILTER_PATTERN"': "test_the_aws_commands_exist reads it",
    "aws logs tail /aws/lambda/pattern1-alarm-AlarmFunction --since 1d": "the AWS CLI's own; no API has that name",
    'aws sqs receive-message --queue-url "$DEAD_LETTER_QUEUE_URL" --message-attribute-names All': (
        "test_the_aws_commands_exist reads it"
    ),
    'aws lambda invoke --function-name "$FUNCTION_NAME" --payload file://message-body.json'
    " --cli-binary-format raw-in-base64-out answer.json": (
        "the scenario invokes the function with what a queue would hold; the last two words are the AWS CLI's own"
    ),
    "aws cloudformation continue-update-rollback --stack-name pattern1-alarm": "test_the_aws_commands_exist reads it",
    "aws cloudformation continue-update-rollback --stack-name pattern1-alarm --resources-to-skip KmsAlarm": (
        "test_the_aws_commands_exist reads it"
    ),
    "aws cloudwatch set-alarm-state --alarm-name pattern1-logging-alarm --state-value ALARM --state-reason"
    ' "A test"': "test_the_aws_commands_exist reads it",
}


def commands():
    """Each command of the fenced `sh` blocks, on one line, without its comment."""
    found = []
    for paper in PAPERS:
        text = paper.read_text(encoding="utf-8")
        for indent, block in re.findall(r"^( *)```sh\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
            lines = [line.removeprefix(indent) for line in block.replace("\\\n", " ").splitlines()]
            if lines[0].startswith("for "):
                lines = [" ".join(lines)]
            found += [" ".join(re.sub(r"\s+#.*", "", line).split()) for line in lines]
    return found


def make_free():
    """The environment, without what an outer make left in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def test_every_command_has_its_place():
    known = {**RUN_HERE, **RUN_THERE, **NOT_HERE}
    assert len(known) == len(RUN_HERE) + len(RUN_THERE) + len(NOT_HERE)
    shown = set(commands())
    # `sam delete` stands in a sentence.
    assert shown - set(known) == set(), "shown, but without a place here"
    assert set(known) - shown - {"sam delete"} == set(), "no longer shown"


@pytest.mark.parametrize("command", RUN_HERE)
def test_it_runs_as_it_stands(command):
    ran = subprocess.run(command, shell=True, cwd=ROOT, env=make_free(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert RUN_HERE[command] in ran.stdout


@pytest.mark.parametrize("command", RUN_THERE)
def test_what_runs_it_exists(command):
    path, name = RUN_THERE[command]
    assert name in (ROOT / path).read_text(encoding="utf-8")


def test_the_demo_stays_until_it_is_told_to_end():
    process = subprocess.Popen(
        ["make", "demo", "KEEP=1"], cwd=ROOT, env=make_free(), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        said = iter(process.stdout.readline, "")
        assert any("stays until Ctrl-C" in line for line in said)
        assert any("export AWS_ENDPOINT_URL=" in line for line in said)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_the_aws_commands_exist():
    boto = pytest.importorskip("boto3")
    read = [command for command, reason in NOT_HERE.items() if reason == "test_the_aws_commands_exist reads it"]
    assert len(read) >= 5
    for command in read:
        _, service, operation, *words = command.split()
        client = boto.client(service, region_name="ap-southeast-2", aws_access_key_id="x", aws_secret_access_key="x")
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation.replace("-", "_")])
        members = {name.lower() for name in shape.input_shape.members}
        options = [word.removeprefix("--").replace("-", "") for word in words if word.startswith("--")]
        assert options and set(options) <= members, command


def test_the_papers_links_lead_somewhere():
    for paper in [*PAPERS, ROOT / "CHANGELOG.md"]:
        text = paper.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("https://"):
                continue
            path, _, anchor = target.partition("#")
            file = (paper.parent / path).resolve() if path else paper
            assert file.exists(), f"{paper.name}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
                assert anchor in anchors, f"{paper.name}: {target}"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 200


def test_the_page_for_approval_names_every_permission_and_no_other():
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    page = (ROOT / "docs/approval.md").read_text(encoding="utf-8")
    permissions, _ = page.split("\n## Who deploys it\n")
    shown = set(re.findall(r"`((?:logs|cloudwatch|sns|sqs|kms):\w+\*?)`", permissions))
    role = template[template.index("  AlarmFunctionRole:") : template.index("  AlarmFunctionLog:")]
    granted = set(re.findall(r"(?:Action: |- )((?:logs|cloudwatch|sns|sqs|kms):\w+\*?)$", role, re.MULTILINE))
    assert len(granted) > 15
    assert shown == granted
    for statement in re.findall(r"Sid: (\w+)", role):
        assert f"| {statement} |" in page


def test_ci_on_github_runs_what_ci_runs():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert workflow.rstrip().splitlines()[-1].strip() == "- run: .ci/run ${{ matrix.part }}"
    [parts] = re.findall(r"part: \[(.*)\]", workflow)
    [all_parts] = re.findall(r"set -- (.*)", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    assert parts.split(", ") == all_parts.split()
    # GitHub's own actions and nobody else's, each by what it is, not by a name that can move.
    assert re.findall(r"uses: (\S+)", workflow) == [
        "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
        "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae",
    ]
    [oldest] = re.findall(r'rust-version = "([\d.]+)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    [pinned] = re.findall(r'channel = "([\d.]+)"', (ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))
    assert f"RUSTUP_TOOLCHAIN: ${{{{ matrix.part == 'check' && '{oldest}' || '{pinned}' }}}}" in workflow
    assert workflow.count('rustup toolchain install "$RUSTUP_TOOLCHAIN"') == 1
