import { describe, expect, it } from 'vitest';
import { loadEnvironment } from '../../../lib/config/load.ts';
import { communicationOf } from '../../../lib/config/communication.ts';
import { list, refersTo, type Statement } from '../statements.ts';
import { type Properties, type Stack, synthesized } from '../synthesized.ts';

const environment = loadEnvironment('prod');
const { recovery, all } = synthesized(environment);
const plain = synthesized('staging').recovery;

const named = (stack: Stack, type: string, key: string, name: string): Properties => {
  const found = stack.of(type).find(([, properties]) => properties[key] === name);
  if (!found) throw new Error(`no ${type} ${name}`);
  return found[1];
};
const functionOf = (task: string): Properties =>
  named(recovery, 'AWS::Lambda::Function', 'FunctionName', `lifeboat-prod-${task}`);
/** What a task may do, but for logs, traces and what it failed at. */
const permissionsOf = (task: string): readonly Statement[] =>
  recovery
    .of('AWS::IAM::Policy')
    .filter(
      ([, { Roles }]) =>
        recovery.resources[refersTo(Roles)]?.Properties['RoleName'] === `lifeboat-prod-${task}`,
    )
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[])
    .filter(({ Action }) => !list(Action).some((action) => /^(logs|xray|sqs):/.test(action)));
const actionsOf = (task: string): readonly string[] =>
  [...new Set(permissionsOf(task).flatMap(({ Action }) => list(Action)))].toSorted();
const resourcesOf = (task: string, action: string): readonly unknown[] =>
  permissionsOf(task)
    .filter(({ Action }) => list(Action).includes(action))
    .flatMap(({ Resource }) => list(Resource))
    // CDK merges statements and sorts what is in them.
    .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

const secretArn = (name: string) => `arn:aws:secretsmanager:us-east-2:333333333333:secret:${name}-??????`;
const ledger = (key: string) => `arn:aws:s3:::lifeboat-prod-ledger-333333333333-us-east-2/${key}`;

describe('who tells people', () => {
  it('knows what the environment says, beside its code, where it is too much for a variable', () => {
    const { SETTINGS } = functionOf('send-notice')['Environment'].Variables as Properties;
    expect(SETTINGS).toBe('file:settings.json');
    expect(JSON.stringify(communicationOf(environment)).length).toBeGreaterThan(4_096);
  });

  it('learns by a variable where people answer, because only a deployment knows', () => {
    const { LINKS } = functionOf('send-notice')['Environment'].Variables as Properties;
    const parts = LINKS['Fn::Join'][1] as unknown[];
    const referred = parts.filter((part) => typeof part === 'object').map(refersTo);
    expect(referred.map((id) => recovery.resources[id]?.Type)).toEqual([
      'AWS::Lambda::Url',
      'AWS::Lambda::Url',
      'AWS::CloudFront::Distribution',
    ]);
    const behind = referred
      .slice(0, 2)
      .map((id) => recovery.resources[refersTo(recovery.resources[id]?.Properties['TargetFunctionArn'])]);
    expect(behind.map((target) => target?.Properties['FunctionName'])).toEqual([
      'lifeboat-prod-answer-approval',
      'lifeboat-prod-acknowledge-incident',
    ]);
    const text = parts.map((part) => (typeof part === 'string' ? part : 'x')).join('');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['answerUrl', 'acknowledgeUrl', 'pageUrl']);
  });

  it('reads the secrets of its channels, and no others', () => {
    expect(resourcesOf('send-notice', 'secretsmanager:GetSecretValue')).toEqual(
      ['approval-signing', 'jira', 'pagerduty', 'slack', 'statuspage'].map((name) =>
        secretArn(`lifeboat/prod/${name}`),
      ),
    );
  });

  it('mails in one name only', () => {
    const [statement] = permissionsOf('send-notice').filter(({ Action }) =>
      list(Action).includes('ses:SendEmail'),
    );
    expect(statement).toMatchObject({
      Action: 'ses:SendEmail',
      Resource: [
        'arn:aws:ses:us-east-2:333333333333:identity/company.com',
        'arn:aws:ses:us-east-2:333333333333:identity/lifeboat@company.com',
      ],
      Condition: { StringEquals: { 'ses:FromAddress': 'lifeboat@company.com' } },
    });
  });

  it('publishes to every topic, and writes the page and the record', () => {
    const topics = recovery.of('AWS::SNS::Topic').map(([id]) => id);
    expect(resourcesOf('send-notice', 'sns:Publish').map(refersTo).toSorted()).toEqual(topics.toSorted());
    expect(resourcesOf('send-notice', 's3:PutObject').toSorted()).toEqual([
      ledger('incidents/*'),
      ...['history.json', 'index.html'].map(
        (key) => `arn:aws:s3:::lifeboat-prod-status-333333333333-us-east-2/${key}`,
      ),
    ]);
    expect(resourcesOf('send-notice', 's3:GetObject')).toContain(ledger('approvals/*'));
  });

  it('is the only one who tells people, but for what must ring when it cannot', () => {
    const publishing = recovery
      .of('AWS::IAM::Policy')
      .filter(([, { PolicyDocument }]) => JSON.stringify(PolicyDocument).includes('"sns:Publish"'))
      .map(([, { Roles }]) => recovery.resources[refersTo(Roles)]?.Properties['RoleName'] as string);
    expect(publishing.toSorted()).toEqual(['lifeboat-prod-send-notice', 'lifeboat-prod-watch-executions']);
    expect(actionsOf('request-approval')).not.toContain('secretsmanager:GetSecretValue');
    for (const task of ['request-approval', 'acknowledge-incident', 'answer-slack', 'watch-executions']) {
      expect(resourcesOf(task, 'lambda:InvokeFunction')).toEqual([
        'arn:aws:lambda:us-east-2:333333333333:function:lifeboat-prod-send-notice',
      ]);
    }
  });

  it('has no channel that the environment has not', () => {
    const [id] = plain
      .of('AWS::Lambda::Function')
      .find(([, { FunctionName }]) => FunctionName === 'lifeboat-staging-send-notice')!;
    const text = JSON.stringify(
      plain.of('AWS::IAM::Policy').filter(([, { Roles }]) => refersTo(Roles).includes('SendNotice')),
    );
    expect(id).toContain('SendNotice');
    expect(text).toContain('sns:Publish');
    expect(text).not.toMatch(/ses:|slack|pagerduty|statuspage|lifeboat-staging-status/);
    expect(plain.of('AWS::CloudFront::Distribution')).toEqual([]);
    expect(
      plain
        .of('AWS::Lambda::Function')
        .some(([, { FunctionName }]) => String(FunctionName).includes('answer-slack')),
    ).toBe(false);
  });
});

describe('who takes what people answer', () => {
  it('a call that is taken is put on the record, and does nothing else', () => {
    expect(actionsOf('acknowledge-incident')).toEqual([
      'lambda:InvokeFunction',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'secretsmanager:GetSecretValue',
    ]);
    expect(resourcesOf('acknowledge-incident', 's3:PutObject')).toEqual([ledger('incidents/*')]);
    expect(resourcesOf('acknowledge-incident', 's3:GetObject')).toEqual([
      ledger('incidents/*'),
      ledger('lock.json'),
    ]);
  });

  it('a person may do both from a command line, and read the incidents, by one policy and nothing else in it', () => {
    const [[, policy] = ['', {} as Properties], ...others] = recovery
      .of('AWS::IAM::ManagedPolicy')
      .filter(([id]) => id.includes('Answering'));
    expect(others).toEqual([]);
    const granted = policy['PolicyDocument'].Statement as Statement[];
    expect(granted.map(({ Action }) => Action)).toEqual([
      'lambda:InvokeFunction',
      's3:ListBucket',
      's3:GetObject',
    ]);
    expect(granted.slice(1).map(({ Resource }) => Resource)).toEqual([
      ledger('incidents/*').replace('/incidents/*', ''),
      ledger('incidents/*'),
    ]);
    const functions = granted.slice(0, 1).flatMap(({ Resource }) => list(Resource).map(refersTo));
    expect(functions.map((id) => recovery.resources[id]?.Properties['FunctionName'])).toEqual([
      'lifeboat-prod-answer-approval',
      'lifeboat-prod-acknowledge-incident',
    ]);
  });

  it("Slack's buttons answer gates as the signed links do", () => {
    const answering = (task: string) => resourcesOf(task, 'states:SendTaskSuccess');
    expect(answering('answer-slack').length).toBeGreaterThan(0);
    expect(answering('answer-slack')).toEqual(answering('answer-approval'));
    expect(resourcesOf('answer-slack', 'secretsmanager:GetSecretValue')).toEqual(
      ['slack', 'slack-signing'].map((name) => secretArn(`lifeboat/prod/${name}`)),
    );
    expect(resourcesOf('answer-slack', 's3:PutObject')).toEqual([
      ledger('approvals/*'),
      ledger('incidents/*'),
    ]);
  });

  it('the addresses that must be written down somewhere else are told by the deployment', () => {
    const { Outputs } = JSON.parse(recovery.text) as { Outputs: Record<string, { Value: unknown }> };
    const values = Object.values(Outputs).map(({ Value }) => refersTo(Value));
    expect(values.map((id) => recovery.resources[id]?.Type).toSorted()).toEqual([
      'AWS::CloudFront::Distribution',
      'AWS::Lambda::Url',
    ]);
  });
});

describe('the report', () => {
  it('is written on the ledger from the record, by one that reaches nothing else', () => {
    expect(actionsOf('write-report')).toEqual(['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
    expect(resourcesOf('write-report', 's3:PutObject')).toEqual([ledger('incidents/*'), ledger('reports/*')]);
  });
});

describe('an update that does not come', () => {
  it('rings in the minute in which it is noticed, and when nobody looks', () => {
    const oncall = ['oncall', 'oncall-sms'].map(
      (name) => `arn:aws:sns:us-east-2:333333333333:lifeboat-prod-${name}`,
    );
    expect(
      named(recovery, 'AWS::CloudWatch::Alarm', 'AlarmName', 'lifeboat-prod-update-overdue'),
    ).toMatchObject({
      Namespace: 'Lifeboat',
      MetricName: 'UpdateOverdue',
      Dimensions: [{ Name: 'Environment', Value: 'prod' }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'missing',
      AlarmActions: oncall,
      InsufficientDataActions: oncall,
    });
  });

  it('is looked for by one that changes nothing but the first status page', () => {
    expect(actionsOf('watch-updates')).toEqual([
      'cloudwatch:PutMetricData',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ]);
  });
});

describe('the templates', () => {
  it('name secrets, and hold none: what is made here is made by Secrets Manager', () => {
    for (const [, { SecretString, GenerateSecretString }] of recovery.of('AWS::SecretsManager::Secret')) {
      expect(SecretString).toBeUndefined();
      expect(GenerateSecretString).toBeDefined();
    }
    expect(recovery.text).not.toMatch(/xox[abp]-|\{\{resolve:secretsmanager/);
  });

  it('stay below what CloudFormation takes, with every channel set up', () => {
    for (const stack of all) {
      expect([stack.name, Object.keys(stack.resources).length < 500]).toEqual([stack.name, true]);
      expect([stack.name, stack.text.length < 1_000_000]).toEqual([stack.name, true]);
    }
  });

  it('stay below it with as many databases as have their alarms in the recovery stack', () => {
    const [first] = environment.databases;
    const databases = Array.from({ length: 24 }, (_, index) => ({ ...first!, name: `d${index}`, after: [] }));
    const { recovery: full } = synthesized({ ...environment, databases });
    expect(full.of('AWS::CloudWatch::Alarm').length).toBeGreaterThan(48);
    expect(Object.keys(full.resources).length).toBeLessThan(500);
  });
});
