"""SNS e-mail: subscriptions that wait for their confirmation, and a mailbox to read.

ministack confirms an e-mail subscription at once and writes a log line where the mail should
be. Here Subscribe sends a confirmation mail and answers `pending confirmation`; nothing else
is delivered until the link in it is opened (or `confirm(address)` is called); subscribing
again changes nothing; a pending subscription is listed as `PendingConfirmation` and cannot be
unsubscribed. One that was ended is listed as `Deleted`, as AWS does for some days, until the address is
subscribed again. Mails are kept in memory and as files. A mail has the `email` variant of a
`MessageStructure: json` message, or its `default`, and a footer as SNS adds one.

Publish also refuses what SNS refuses: a subject of 100 characters or with control characters,
an empty message, `MessageStructure: json` without a `default` string. CreateTopic with other
tags or attributes than the topic has is refused, and so is a fifty-first tag. A topic whose key is
set to nothing has none.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html
https://github.com/ansible/ansible/pull/20086 (`Deleted`)
"""

import email.message
import json
import logging
import os
import re
import threading
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

from ministack.core.responses import new_uuid
from ministack.services import sns
from ministack.services.cloudformation import provisioners

from .patch import around

log = logging.getLogger("local_aws.mailbox")

_ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
_FOLDER = Path(os.environ["LOCAL_AWS_DATA"]) / "mails"
_PROTOCOLS = ("email", "email-json")
_MAX_TAGS = 50
_mails = []
_lock = threading.Lock()


def mails():
    """Every mail so far, oldest first."""
    with _lock:
        return list(_mails)


def confirm(address):
    """Do what the owner of the address does by opening the link: the ARNs confirmed."""
    pending = [
        subscription
        for topic in sns._topics.all_values()
        for subscription in topic["subscriptions"]
        if subscription["endpoint"] == address and _is_pending(subscription)
    ]
    for subscription in pending:
        sns._confirm_subscription({"TopicArn": subscription["topic_arn"], "Token": subscription["token"]})
    return [subscription["arn"] for subscription in pending]


def _deliver(subscription, sender, subject, body):
    with _lock:
        mail = {
            "to": subscription["endpoint"],
            "subject": subject,
            "body": body,
            "topic_arn": subscription["topic_arn"],
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        _mails.append(mail)
        message = email.message.EmailMessage()
        message["From"] = f"{sender} <no-reply@sns.amazonaws.com>"
        message["To"], message["Subject"], message["Date"] = mail["to"], subject, mail["at"]
        message.set_content(body, cte="8bit")
        _FOLDER.mkdir(parents=True, exist_ok=True)
        (_FOLDER / f"{len(_mails):03}.txt").write_bytes(message.as_bytes())


def _link(action, **parameters):
    return f"{_ENDPOINT}/?" + urllib.parse.urlencode({"Action": action, **parameters})


def _is_pending(subscription):
    return subscription["protocol"] in _PROTOCOLS and not subscription["confirmed"]


def _ask(subscription):
    link = _link("ConfirmSubscription", TopicArn=subscription["topic_arn"], Token=subscription["token"])
    body = f"This address was subscribed to the topic\n{subscription['topic_arn']}\n\n"
    body += f"Open this link to confirm:\n{link}\n"
    _deliver(subscription, "AWS Notifications", "AWS Notification - Subscription Confirmation", body)


def _make_pending(subscription):
    subscription.update(confirmed=False, token=new_uuid())
    subscription["attributes"].update(PendingConfirmation="true", ConfirmationWasAuthenticated="false")
    _ask(subscription)


@around(sns, "_subscribe")
def _subscribe(original, params):
    protocol, endpoint = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
    if protocol not in _PROTOCOLS:
        return original(params)
    if not re.fullmatch(r"[^@\s,]+@[^@\s,]+", endpoint):
        return sns._error("InvalidParameter", "Invalid parameter: Email address", 400)
    topic = sns._topics.get(sns._p(params, "TopicArn"))
    known = {each["arn"] for each in topic["subscriptions"]} if topic else set()
    status, headers, body = original(params)  # also checks the policies
    if status != 200:
        return status, headers, body
    (subscription,) = [
        each
        for each in topic["subscriptions"]
        if (each["protocol"], each["endpoint"]) == (protocol, endpoint)
    ]
    if subscription["arn"] not in known:
        _ended(topic).pop((protocol, endpoint), None)
        _make_pending(subscription)
        sns._refresh_subscription_counts(topic)
    elif not subscription["confirmed"]:
        _ask(subscription)
    arn = subscription["arn"]
    if not subscription["confirmed"] and sns._p(params, "ReturnSubscriptionArn") != "true":
        arn = "pending confirmation"
    return sns._xml(
        200,
        "SubscribeResponse",
        f"<SubscribeResult><SubscriptionArn>{arn}</SubscriptionArn></SubscribeResult>",
    )


@around(provisioners, "_sns_create")
def _topic_created(original, logical_id, properties, stack_name):
    arn, attributes = original(logical_id, properties, stack_name)
    _ask_new(arn)
    return arn, attributes


@around(provisioners, "_sns_update")
def _topic_updated(original, *args, **kwargs):
    arn, attributes = original(*args, **kwargs)
    _ask_new(arn)
    return arn, attributes


@around(provisioners, "_sns_sub_create")
def _subscription_created(original, logical_id, properties, stack_name):
    created = original(logical_id, properties, stack_name)
    _ask_new(properties.get("TopicArn", ""))
    return created


def _ask_new(topic_arn):
    """Subscriptions from a template come without this module's token."""
    for subscription in sns._topics.get(topic_arn, {}).get("subscriptions", []):
        if subscription["protocol"] in _PROTOCOLS and "token" not in subscription:
            _make_pending(subscription)


@around(sns, "_unsubscribe")
def _unsubscribe(original, params):
    arn = sns._p(params, "SubscriptionArn")
    if arn.count(":") < 6:
        return _not_an_arn(arn)
    subscription = sns._find_subscription(sns._sub_arn_to_topic.get(arn, ""), arn)
    if subscription and _is_pending(subscription):
        reason = "Cannot unsubscribe a subscription that is pending confirmation"
        return sns._error("InvalidParameter", f"Invalid parameter: SubscriptionArn Reason: {reason}", 400)
    if subscription and subscription["protocol"] in _PROTOCOLS:
        topic = sns._topics[subscription["topic_arn"]]
        _ended(topic)[subscription["protocol"], subscription["endpoint"]] = subscription
    return original(params)


def _ended(topic):
    """The e-mail subscriptions of a topic that were ended, by protocol and address."""
    return topic.setdefault("_ended", {})


@around(sns, "_get_subscription_attributes")
def _get_subscription_attributes(original, params):
    arn = sns._p(params, "SubscriptionArn")
    return _not_an_arn(arn) if arn.count(":") < 6 else original(params)


def _not_an_arn(arn):
    reason = f"An ARN must have at least 6 elements, not {arn.count(':') + 1}"
    return sns._error("InvalidParameter", f"Invalid parameter: SubscriptionArn Reason: {reason}", 400)


@around(sns, "_list_subscriptions")
def _list_subscriptions(original, params):
    return _as_sns_lists(original(params), sns._topics.values())


@around(sns, "_list_subscriptions_by_topic")
def _list_subscriptions_by_topic(original, params):
    topic = sns._topics.get(sns._p(params, "TopicArn"))
    return _as_sns_lists(original(params), [topic] if topic else [])


def _as_sns_lists(answer, topics):
    status, headers, body = answer
    text = body.decode()
    element = "<SubscriptionArn>{}</SubscriptionArn>"
    ended = ""
    for topic in topics:
        for subscription in topic["subscriptions"]:
            if _is_pending(subscription):
                text = text.replace(
                    element.format(subscription["arn"]), element.format("PendingConfirmation")
                )
        for subscription in _ended(topic).values():
            ended += f"<member>{element.format('Deleted')}<Owner>{subscription['owner']}</Owner>"
            ended += f"<TopicArn>{topic['arn']}</TopicArn><Protocol>{subscription['protocol']}</Protocol>"
            ended += f"<Endpoint>{sns._xml_escape(subscription['endpoint'])}</Endpoint></member>"
    if "<NextToken>" not in text:
        text = text.replace("</Subscriptions>", f"{ended}</Subscriptions>")
    return status, headers, text.encode()


@around(sns, "publish_internal")
def _publish_internal(original, topic_arn, message, subject="", **options):
    if subject and (len(subject) >= 100 or re.search(r"[\x00-\x1f\x7f]", subject)):
        raise sns.SnsPublishError("InvalidParameter", "Invalid parameter: Subject")
    if not message:
        raise sns.SnsPublishError("InvalidParameter", "Invalid parameter: Empty message")
    structure = options.get("message_structure")
    if structure == "json":
        _check_variants(message)
    elif structure:
        raise sns.SnsPublishError("InvalidParameter", f"Invalid parameter: MessageStructure: {structure}")
    return original(topic_arn, message, subject, **options)


def _check_variants(message):
    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    try:
        variants = json.loads(message, object_pairs_hook=unique)
    except ValueError as error:
        text = "Invalid parameter: Message Structure - JSON message body failed to parse"
        raise sns.SnsPublishError("InvalidParameter", text) from error
    if not isinstance(variants, dict) or not isinstance(variants.get("default"), str):
        text = "Invalid parameter: Message Structure - No default entry in JSON message body"
        raise sns.SnsPublishError("InvalidParameter", text)


@around(sns, "_resolve_message_for_protocol")
def _resolve_message_for_protocol(original, message, structure, protocol):
    if structure != "json":
        return original(message, structure, protocol)
    variants = json.loads(message)
    variant = variants.get(protocol)
    return variant if isinstance(variant, str) else variants["default"]


@around(sns, "_fanout")
def _fanout(original, topic_arn, message_id, message, subject, structure="", attributes=None, **options):
    original(topic_arn, message_id, message, subject, structure, attributes, **options)
    topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
    for subscription in topic["subscriptions"]:
        if subscription["protocol"] not in _PROTOCOLS:
            continue
        body = sns._resolve_message_for_protocol(message, structure, subscription["protocol"])
        if not subscription["confirmed"]:
            log.info("not confirmed, no mail: %s", subscription["endpoint"])
        elif sns._matches_filter_policy(subscription, attributes or {}, body):
            if subscription["protocol"] == "email-json":
                body = sns._build_envelope(topic_arn, message_id, body, subject, attributes or {}, False)
            else:
                unsubscribe = _link("Unsubscribe", SubscriptionArn=subscription["arn"])
                body += f"\n\n--\nTo get no more mail from this topic, open\n{unsubscribe}\n"
                body += "Please do not answer this mail.\n"
            sender = topic["attributes"].get("DisplayName") or "AWS Notifications"
            _deliver(subscription, sender, subject or "AWS Notification Message", body)


@around(sns, "_tag_resource")
def _tag_resource(original, params):
    topic = sns._topics.get(sns._p(params, "ResourceArn"))
    if topic and len({**topic["tags"], **sns._param_tags(params)}) > _MAX_TAGS:
        return sns._error("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded", 400)
    return original(params)


@around(sns, "_set_topic_attributes")
def _set_topic_attributes(original, params):
    status, headers, body = original(params)
    topic = sns._topics.get(sns._p(params, "TopicArn"))
    if status == 200 and topic["attributes"].get("KmsMasterKeyId") == "":
        del topic["attributes"]["KmsMasterKeyId"]
    return status, headers, body


@around(sns, "_create_topic")
def _create_topic(original, params):
    name = sns._p(params, "Name")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}(\.fifo)?", name):
        return sns._error("InvalidParameter", "Invalid parameter: Topic Name", 400)
    topics = [each for arn, each in sns._topics.items() if arn.endswith(f":{name}")]
    if topics:
        tags = sns._param_tags(params)
        if tags and tags != topics[0]["tags"]:
            return sns._error(
                "InvalidParameter",
                "Invalid parameter: Tags Reason: Topic already exists with different tags",
                400,
            )
        given = {
            sns._p(params, key): sns._p(params, key[:-3] + "value")
            for key in params
            if re.fullmatch(r"Attributes\.entry\.\d+\.key", key)
        }
        if any(topics[0]["attributes"].get(key) != value for key, value in given.items()):
            return sns._error(
                "InvalidParameter",
                "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
                400,
            )
    return original(params)
