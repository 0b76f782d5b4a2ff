"""What AWS itself measures of queues, functions and topics, so that an alarm on what was lost can fire.

ministack has none of these metrics. Here `NumberOfMessagesSent` and `ApproximateNumberOfMessagesVisible` of a queue
follow each message that Lambda or SNS leaves behind, the depth each call to SQS too; and `count` adds one to what a
service counts of a function or a topic. AWS reports every minute, for queues in use; here a minute passes when
clock.py says so.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import time

from ministack.services import sqs

from . import alarms
from .patch import around

_published = {}


def report():
    """Report each queue that has been in use, as AWS does every minute."""
    for arn, depth in _published.items():
        _report(arn, "NumberOfMessagesSent", 0.0)
        _report(arn, "ApproximateNumberOfMessagesVisible", depth)


def count(namespace, name, dimension, value):
    """One more of what a service counts."""
    alarms.publish(namespace, name, {time.time(): [1.0]}, {dimension: value})


def send(arn, body, attributes=None):
    """Put a message into a queue; whether there is such a queue."""
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return False
    attributes = {
        name: {"DataType": kind, "StringValue": value} for name, (kind, value) in (attributes or {}).items()
    }
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, queue["url"])
    _report(arn, "NumberOfMessagesSent", 1.0)
    _publish_depths()
    return True


@around(sqs, "handle_request")
async def _handle_request(original, *args):
    answer = await original(*args)
    _publish_depths()
    return answer


def _publish_depths():
    for queue in sqs._queues.values():
        sqs._refresh_counts(queue)
        arn = queue["attributes"]["QueueArn"]
        depth = float(queue["attributes"]["ApproximateNumberOfMessages"])
        if _published.get(arn, 0) != depth:
            _published[arn] = depth
            _report(arn, "ApproximateNumberOfMessagesVisible", depth)


def _report(arn, name, value):
    alarms.publish("AWS/SQS", name, {time.time(): [value]}, {"QueueName": arn.rsplit(":", 1)[-1]})
