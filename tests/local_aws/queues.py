"""SQS queue depth as a metric, so that an alarm on a dead-letter queue can fire.

ministack has no `AWS/SQS` metrics. Here `ApproximateNumberOfMessagesVisible` is published
whenever the number has changed after a call to SQS or a message that Lambda left behind. AWS
publishes it every minute, for queues in use; here an alarm on it comes back to OK only when
the number changes again in a later period.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import time

from ministack.services import sqs

from . import alarms
from .patch import around

_published = {}


def send(arn, body, attributes=None):
    """Put a message into a queue; whether there is such a queue."""
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return False
    attributes = {
        name: {"DataType": kind, "StringValue": value} for name, (kind, value) in (attributes or {}).items()
    }
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, queue["url"])
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
            name = "ApproximateNumberOfMessagesVisible"
            alarms.publish("AWS/SQS", name, {time.time(): [depth]}, {"QueueName": arn.rsplit(":", 1)[-1]})
