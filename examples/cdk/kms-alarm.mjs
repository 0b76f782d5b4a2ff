// kms-alarm beside an application that the CDK makes: the packaged template as a nested stack. (CfnInclude cannot read
// it, because it refers to what SAM's transform makes.)
//
//   npm install aws-cdk-lib constructs aws-cdk
//   npx cdk deploy --app 'node kms-alarm.mjs' -c taskRoleArn=ARN -c emails=you@example.com

import { fileURLToPath } from 'node:url';
import { App, CfnStack, Stack } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';

export class KmsAlarm extends Stack {
  constructor(scope, id, { parameters, ...props } = {}) {
    super(scope, id, props);
    const path = fileURLToPath(new URL('../../packaged.yaml', import.meta.url));
    const template = new Asset(this, 'Template', { path });
    const nested = new CfnStack(this, 'KmsAlarm', { templateUrl: template.httpUrl, parameters });
    // To subscribe a queue, a function or a pager.
    this.topicArn = nested.getAtt('Outputs.TopicArn').toString();
  }
}

const app = new App();
new KmsAlarm(app, 'kms-alarm', {
  parameters: {
    // In your own app: role.roleArn of the application's stack.
    TaskRoleArn: app.node.tryGetContext('taskRoleArn'),
    LogGroupName: app.node.tryGetContext('logGroupName') ?? 'pattern1-logging-loggroup',
    Emails: app.node.tryGetContext('emails'),
    // For everyday use: docs/operations.md, "Settings".
    Period: '60',
    Threshold: '0',
    TreatMissingData: 'notBreaching',
    NotifyRecovery: 'true',
  },
});
