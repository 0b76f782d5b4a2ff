// The two flows as they are usually written for Node: version 3 of the SDK, bundled by esbuild.
//
// The loop at the end stands for aws-lambda-ric, which has to be compiled in C++; it does less, so it starts faster.

import http from "node:http";
import https from "node:https";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  DescribeMetricFiltersCommand,
  PutMetricFilterCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";

const MINUTE = 60_000;
const KEY_CHANGES =
  '{ $.eventSource = "kms.amazonaws.com" && $.errorCode NOT EXISTS && ' +
  '($.eventName = "DisableKey" || $.eventName = "ScheduleKeyDeletion") }';
const pattern = (role) =>
  '{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com" && ' +
  `$.userIdentity.sessionContext.sessionIssuer.arn = "${role}" }`;

const logs = new CloudWatchLogsClient();
const sns = new SNSClient();
const cloudwatch = new CloudWatchClient();

async function handler(event) {
  if (event.ResponseURL) return await customResource(event);
  for (const record of event.Records) await alert(JSON.parse(record.Sns.Message));
}

async function alert(alarm) {
  const { Namespace, MetricName, Period, EvaluationPeriods } = alarm.Trigger;
  const changed = Date.parse(alarm.StateChangeTime.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  const start = changed - Period * EvaluationPeriods * 1000 - 10 * MINUTE;
  const end = changed + MINUTE;
  const filters = await logs.send(
    new DescribeMetricFiltersCommand({ metricNamespace: Namespace, metricName: MetricName }),
  );
  const groups = new Map();
  const changes = [];
  let total = 0;
  let disabled = false;
  for (const { logGroupName, filterPattern } of filters.metricFilters) {
    for await (const error of search(logGroupName, filterPattern, start, end)) {
      const kind = `${error.errorCode}: ${error.eventName} with key ${error.resources?.[0]?.ARN}`;
      groups.set(kind, (groups.get(kind) ?? 0) + 1);
      total += 1;
      disabled ||= error.errorCode === "DisabledException";
    }
    if (disabled) {
      const before = start - 24 * 60 * MINUTE;
      for await (const change of search(logGroupName, KEY_CHANGES, before, end)) changes.push(change);
    }
  }
  const lines = [`${alarm.AlarmName} is in ${alarm.NewStateValue}: ${total} errors`, alarm.NewStateReason, ""];
  const byCount = [...groups].sort(([, one], [, other]) => other - one);
  lines.push(...byCount.map(([kind, count]) => `${count} x ${kind}`));
  lines.push(...changes.map((change) => `${change.eventName} by ${change.userIdentity?.arn}`));
  await sns.send(
    new PublishCommand({
      TopicArn: process.env.TOPIC_ARN,
      Subject: `${alarm.AlarmName}: ${total} KMS errors`.slice(0, 100),
      Message: lines.join("\n"),
    }),
  );
}

async function* search(logGroupName, filterPattern, startTime, endTime) {
  const pages = paginateFilterLogEvents({ client: logs }, { logGroupName, filterPattern, startTime, endTime });
  for await (const page of pages) {
    for (const event of page.events) yield JSON.parse(event.message);
  }
}

async function customResource(event) {
  const { StackId, RequestId, LogicalResourceId } = event;
  const answer = { StackId, RequestId, LogicalResourceId, Status: "SUCCESS" };
  try {
    if (event.RequestType !== "Delete") Object.assign(answer, await provision(event.ResourceProperties));
  } catch (error) {
    Object.assign(answer, { Status: "FAILED", Reason: String(error) });
  }
  answer.PhysicalResourceId ??= event.PhysicalResourceId ?? RequestId;
  const body = JSON.stringify(answer);
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  await exchange(https.request(event.ResponseURL, { method: "PUT", headers }), body);
}

async function provision(properties) {
  const name = properties.Name ?? "pattern1-logging";
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `${name}-topic` }));
  for (const Endpoint of properties.Emails.split(",").filter(Boolean)) {
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint }));
  }
  const metric = { metricNamespace: "Pattern1Application/KMSSecurity", metricName: "KMSSecurityError" };
  await logs.send(
    new PutMetricFilterCommand({
      logGroupName: properties.LogGroupName,
      filterName: `${name}-metricfilter`,
      filterPattern: pattern(properties.RoleArn),
      metricTransformations: [{ ...metric, metricValue: "1", defaultValue: Number(properties.DefaultValue) }],
    }),
  );
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: `${name}-alarm`,
      Namespace: metric.metricNamespace,
      MetricName: metric.metricName,
      Statistic: "Sum",
      Period: Number(properties.Period),
      EvaluationPeriods: Number(properties.EvaluationPeriods),
      Threshold: Number(properties.Threshold),
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: properties.TreatMissingData,
      AlarmActions: properties.AlarmActions,
      OKActions: properties.OKActions,
    }),
  );
  return { PhysicalResourceId: name, Data: { TopicArn } };
}

function exchange(request, body) {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ headers: response.headers, text }));
    });
    request.end(body);
  });
}

async function main() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const invocation = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
  for (;;) {
    const next = await exchange(http.request(`${invocation}/next`, { agent }));
    const id = next.headers["lambda-runtime-aws-request-id"];
    let what = "response";
    let body = "null";
    try {
      body = JSON.stringify((await handler(JSON.parse(next.text))) ?? null);
    } catch (error) {
      what = "error";
      body = JSON.stringify({ errorType: error.name, errorMessage: String(error.message) });
    }
    await exchange(http.request(`${invocation}/${id}/${what}`, { agent, method: "POST" }), body);
  }
}

main();
