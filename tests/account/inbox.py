"""The queue that is subscribed to the people's topic instead of a person. It gets what programs get: the alert as JSON,
and CloudWatch's own message of the alarm on what is undelivered.
"""

import json
from dataclasses import dataclass


@dataclass
class Message:
    """What came: when it was seen, its subject, its text, and the alert in it if it is one."""

    seen: float
    subject: str
    text: str
    alert: dict


def take(account, clock, url):
    """Take up to ten messages out of a queue; their bodies."""
    found = account.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=clock.queue_seconds)
    messages = found.get("Messages", [])
    for each in messages:
        account.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [each["Body"] for each in messages]


class Inbox:
    """All that has come so far."""

    def __init__(self, account, clock, name, tags):
        self.account, self.clock = account, clock
        self.messages = []
        self.url = account.sqs.create_queue(
            QueueName=name, tags={tag["Key"]: tag["Value"] for tag in tags}
        )["QueueUrl"]
        self.arn = account.arn("sqs", name)

    def let_in(self, prefix):
        """Let the topics of this walk in, and no others."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnLike": {"aws:SourceArn": self.account.arn("sns", f"{prefix}*")}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.account.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def subscribe(self, topic):
        """Subscribe to a topic; a queue of the same account need not confirm."""
        self.account.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.arn)

    def fetch(self):
        """Take what has come since."""
        while True:
            bodies = take(self.account, self.clock, self.url)
            if not bodies:
                return self.messages
            self.messages += [self.read(json.loads(body)) for body in bodies]

    def read(self, envelope):
        """One message out of SNS's envelope."""
        text = envelope["Message"]
        try:
            alert = json.loads(text)
        except ValueError:
            alert = None
        is_alert = isinstance(alert, dict) and "alertId" in alert
        return Message(self.clock.seconds(), envelope.get("Subject") or "", text, alert if is_alert else None)

    def alerts(self, before=0):
        """The alerts so far, from that one on."""
        return [each for each in self.fetch() if each.alert][before:]

    def notices(self, name, before=0):
        """CloudWatch's own messages that alarms whose names begin like this have gone off, from that one on."""
        return [each for each in self.fetch() if each.subject.startswith(f'ALARM: "{name}')][before:]
