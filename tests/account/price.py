"""What a walk costs, from the list prices of us-east-1 in US dollars, as docs/approval.md has them, before taxes and
without what is free. Everything that is billed by the month is billed by the hour that it exists; the walk takes about
an hour and a half, so we count three begun ones.

https://aws.amazon.com/cloudwatch/pricing/ https://aws.amazon.com/kms/pricing/ https://aws.amazon.com/lambda/pricing/
https://aws.amazon.com/s3/pricing/ https://aws.amazon.com/sns/pricing/ https://aws.amazon.com/sqs/pricing/
"""

HOURS = 3
A_MONTH = 730
# What each line takes, and its arithmetic; the key's is told apart, because it can be left out.
LINES = [
    ("one metric", f"{HOURS} h of {A_MONTH} h x 0.30", HOURS / A_MONTH * 0.30),
    ("alarms: one of 10 s, three of 60 s", f"{HOURS} h of {A_MONTH} h x (0.30 + 3 x 0.10)", HOURS / A_MONTH * 0.60),
    ("one dashboard", f"{HOURS} h of {A_MONTH} h x 3.00", HOURS / A_MONTH * 3.00),
    ("calls of CloudWatch", "1,000 x 0.00001", 1_000 * 0.00001),
    ("logs taken in", "0.001 GB x 0.50", 0.001 * 0.50),
    ("Lambda", "100 x (0.125 GB x 5 s x 0.0000166667 + 0.0000002)", 100 * (0.125 * 5 * 0.0000166667 + 0.0000002)),
    ("SNS and SQS", "5,000 requests x 0.0000005", 5_000 * 0.0000005),
    ("S3", "10 uploads x 0.000005", 10 * 0.000005),
]
KEY = ("a KMS key, until its deletion is scheduled", f"1 h of {A_MONTH} h x 1.00 + 100 calls x 0.000003", 1 / A_MONTH + 0.0003)


def lines(with_key):
    """Each line: what, how it is computed, dollars."""
    return LINES + ([KEY] if with_key else [])


def total(with_key):
    """What it costs together."""
    return sum(dollars for _, _, dollars in lines(with_key))


def told(with_key):
    """The price, as it is told before anything is made."""
    rows = [f"  {dollars:.4f}  {what}: {how}" for what, how, dollars in lines(with_key)]
    return [*rows, f"  {total(with_key):.4f}  dollars together, at the list prices of us-east-1; elsewhere a little more"]
