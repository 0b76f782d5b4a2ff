"""E-mail subscriptions, their confirmation and the mails."""

import email
import email.policy
import json
import re
import urllib.request

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def topic(client, name):
    return client("sns").create_topic(Name=name)["TopicArn"]


@pytest.fixture
def address(name):
    return f"{name.lower()}@example.com"


@pytest.fixture
def confirmed(aws, client, topic, address):
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    (arn,) = aws.confirm(address)
    return arn


def test_a_subscription_is_pending_until_the_link_is_opened(aws, client, topic, address):
    sns = client("sns")
    assert (
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)["SubscriptionArn"]
        == "pending confirmation"
    )
    assert [each["SubscriptionArn"] for each in subscriptions(client, topic)] == ["PendingConfirmation"]
    sns.publish(TopicArn=topic, Message="too early")
    (mail,) = aws.mails(address)
    assert mail["subject"] == "AWS Notification - Subscription Confirmation"
    assert topic in mail["body"]
    (link,) = re.findall(r"http://\S+", mail["body"])
    urllib.request.urlopen(link).close()
    (subscription,) = subscriptions(client, topic)
    assert subscription["SubscriptionArn"].startswith(topic + ":")
    sns.publish(TopicArn=topic, Message="now")
    assert [each["body"].splitlines()[0] for each in aws.mails(address)[1:]] == ["now"]


def subscriptions(client, topic):
    return client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]


def test_subscribing_again_changes_nothing(aws, client, topic, address):
    request = {"TopicArn": topic, "Protocol": "email", "Endpoint": address}
    first = client("sns").subscribe(**request, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert client("sns").subscribe(**request)["SubscriptionArn"] == "pending confirmation"
    assert aws.confirm(address) == [first]
    assert client("sns").subscribe(**request)["SubscriptionArn"] == first
    assert len(subscriptions(client, topic)) == 1


def test_a_pending_subscription_cannot_be_unsubscribed(client, topic, address):
    sns = client("sns")
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True)[
        "SubscriptionArn"
    ]
    with pytest.raises(sns.exceptions.InvalidParameterException, match="pending confirmation"):
        sns.unsubscribe(SubscriptionArn=arn)
    with pytest.raises(sns.exceptions.InvalidParameterException, match="An ARN must have"):
        sns.unsubscribe(SubscriptionArn="PendingConfirmation")


def test_a_confirmed_one_can_and_gets_no_more_mail(aws, client, topic, address, confirmed):
    client("sns").unsubscribe(SubscriptionArn=confirmed)
    client("sns").publish(TopicArn=topic, Message="gone")
    assert len(aws.mails(address)) == 1  # the confirmation


def test_an_ended_one_is_listed_as_deleted_until_it_is_subscribed_again(aws, client, topic, address, confirmed):
    sns = client("sns")
    sns.unsubscribe(SubscriptionArn=confirmed)
    for listed in (subscriptions(client, topic), sns.list_subscriptions()["Subscriptions"]):
        [ended] = [each for each in listed if each["Endpoint"] == address]
        assert (ended["SubscriptionArn"], ended["Protocol"], ended["TopicArn"]) == ("Deleted", "email", topic)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    assert [each["SubscriptionArn"] for each in subscriptions(client, topic)] == ["PendingConfirmation"]
    sns.delete_topic(TopicArn=topic)
    assert address not in str(sns.list_subscriptions()["Subscriptions"])


def test_deleting_the_topic_deletes_what_is_pending(client, topic, address):
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    client("sns").delete_topic(TopicArn=topic)
    assert address not in str(client("sns").list_subscriptions()["Subscriptions"])


def test_a_mail_has_the_variant_for_mail_and_a_footer(aws, client, topic, address, confirmed):
    message = json.dumps({"default": "short", "email": "long\nand wide", "sms": "x"})
    client("sns").publish(TopicArn=topic, Subject="Hello", Message=message, MessageStructure="json")
    client("sns").publish(
        TopicArn=topic, Message=json.dumps({"default": "short", "email": 1}), MessageStructure="json"
    )
    long, short = aws.mails(address)[1:]
    assert (long["subject"], long["topic_arn"]) == ("Hello", topic)
    assert long["body"].startswith("long\nand wide\n\n--\n")
    assert "Action=Unsubscribe" in long["body"]
    assert short["subject"] == "AWS Notification Message"
    assert short["body"].startswith("short\n")


def test_a_filter_policy_holds_mails_back(aws, client, topic, address, confirmed):
    sns = client("sns")
    sns.set_subscription_attributes(
        SubscriptionArn=confirmed,
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"severity": ["high"]}),
    )
    for severity in ("low", "high"):
        attributes = {"severity": {"DataType": "String", "StringValue": severity}}
        sns.publish(TopicArn=topic, Message=severity, MessageAttributes=attributes)
    assert [mail["body"].splitlines()[0] for mail in aws.mails(address)[1:]] == ["high"]


def test_mails_are_files_too(aws, client, topic, address, confirmed):
    client("sns").publish(TopicArn=topic, Subject="Hello", Message="to the file — ü")
    number = aws.mails().index(aws.mails(address)[-1]) + 1
    text = (aws.data / "mails" / f"{number:03}.txt").read_text(encoding="utf-8")
    mail = email.message_from_string(text, policy=email.policy.default)
    assert (mail["To"], mail["Subject"]) == (address, "Hello")
    assert "to the file — ü" in text


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"Subject": "x" * 100}, "Subject"),
        ({"Subject": "two\nlines"}, "Subject"),
        ({"Message": "{}", "MessageStructure": "json"}, "No default entry"),
        ({"Message": '{"default": 1}', "MessageStructure": "json"}, "No default entry"),
        ({"Message": "text", "MessageStructure": "json"}, "failed to parse"),
        ({"Message": '{"default": "a", "default": "b"}', "MessageStructure": "json"}, "failed to parse"),
        ({"Message": "x" * 262_145}, "too long"),
    ],
)
def test_publish_refuses_what_sns_refuses(client, topic, request_, why):
    with pytest.raises(client("sns").exceptions.InvalidParameterException, match=why):
        client("sns").publish(**{"TopicArn": topic, "Message": "m", **request_})


def test_the_longest_subject_and_message_pass(client, topic):
    client("sns").publish(TopicArn=topic, Subject="x" * 99, Message="x" * 262_144)


def test_a_topic_is_created_again_only_as_it_is(client, name):
    sns = client("sns")
    tags = [{"Key": "owner", "Value": "me"}]
    topic = sns.create_topic(Name=name, Tags=tags)
    assert sns.create_topic(Name=name, Tags=tags)["TopicArn"] == topic["TopicArn"]
    assert sns.create_topic(Name=name)["TopicArn"] == topic["TopicArn"]
    with pytest.raises(ClientError, match="Topic already exists with different tags"):
        sns.create_topic(Name=name, Tags=[{"Key": "owner", "Value": "you"}])
    with pytest.raises(ClientError, match="Topic already exists with different attributes"):
        sns.create_topic(Name=name, Attributes={"DisplayName": "Other"})


def test_a_topic_has_fifty_tags_at_most(client, topic):
    sns = client("sns")
    tags = [{"Key": str(number), "Value": "x"} for number in range(50)]
    sns.tag_resource(ResourceArn=topic, Tags=tags)
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "7", "Value": "y"}])
    with pytest.raises(sns.exceptions.TagLimitExceededException):
        sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "one", "Value": "more"}])


def test_a_key_is_taken_off_a_topic_with_an_empty_one(client, topic):
    sns = client("sns")

    def key(value):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=value)
        return sns.get_topic_attributes(TopicArn=topic)["Attributes"].get("KmsMasterKeyId")

    assert [key("alias/mine"), key("")] == ["alias/mine", None]


@pytest.mark.parametrize("endpoint", ["nobody", "a@b,c@d", ""])
def test_what_is_no_address_is_refused(client, topic, endpoint):
    with pytest.raises(client("sns").exceptions.InvalidParameterException, match="Email address"):
        client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=endpoint)
