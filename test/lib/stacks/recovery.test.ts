import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addressed, contactsOf } from '../../../lib/config/contacts.ts';
import { loadEnvironment } from '../../../lib/config/load.ts';
import { list, refersTo, type Statement, statements } from '../statements.ts';
import { type Properties, synthesized } from '../synthesized.ts';

const environment = loadEnvironment('dev');
const { recovery } = synthesized(environment);
const functions = recovery.of('AWS::Lambda::Function');

describe('a function', () => {
  it('is one per task', () => {
    // Slack's buttons are answered where Slack messages have them.
    const tasks = readdirSync('lambdas').filter(
      (folder) => existsSync(`lambdas/${folder}/handler.ts`) && folder !== 'answer-slack',
    );
    const deployed = functions.map(([, { FunctionName }]) => FunctionName as string);
    expect(deployed.toSorted()).toEqual(tasks.map((task) => `lifeboat-dev-${task}`).toSorted());
  });

  it.each(functions)('%s runs on nodejs24.x, arm64, traced', (_id, properties) => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('has a role of its own', () => {
    const roles = functions.map(([, { Role }]) => refersTo(Role));
    expect(new Set(roles).size).toBe(functions.length);
  });

  it('has a log group of its own, kept for a year', () => {
    const groups = functions.map(([, { LoggingConfig }]) => refersTo(LoggingConfig));
    expect(new Set(groups).size).toBe(functions.length);
    for (const group of groups) expect(recovery.resources[group]?.Properties['RetentionInDays']).toBe(365);
  });

  it('has time to end before what calls it gives up', () => {
    // What calls them are states of 60 s. The targets of events and of schedules have nobody who waits, and what
    // streams buckets is called by states of 330 s.
    const others = {
      'watch-executions': 60,
      'compare-sites': 330,
      'plan-objects': 330,
      'apply-objects': 330,
    };
    for (const [, { Timeout, FunctionName }] of functions) {
      const task = (FunctionName as string).replace('lifeboat-dev-', '');
      expect(Timeout).toBeLessThan(Object.hasOwn(others, task) ? others[task as keyof typeof others] : 60);
    }
  });

  it('that another function asks has time to end before it is given up, after 45 s', () => {
    for (const task of ['query-database', 'set-writers']) {
      const [, asked] = functions.find(([, { FunctionName }]) => FunctionName === `lifeboat-dev-${task}`)!;
      expect(asked['Timeout']).toBeLessThan(45);
    }
  });

  it('gets its settings as JSON, and nothing else that it would have to look up', () => {
    for (const [, { Environment, FunctionName }] of functions) {
      const more: Readonly<Record<string, readonly string[]>> = {
        // Node reads the authorities that it is to trust before any program runs, so they are no setting.
        'lifeboat-dev-query-database': ['NODE_EXTRA_CA_CERTS'],
        // Addresses that are known once it is deployed cannot travel with the code.
        'lifeboat-dev-send-notice': ['LINKS'],
      };
      expect(Object.keys(Environment.Variables as object).toSorted()).toEqual(
        ['LIFEBOAT_ENVIRONMENT', 'SETTINGS', ...(more[FunctionName as string] ?? [])].toSorted(),
      );
    }
  });
});

const oncall = ['oncall', 'oncall-sms'].map(
  (name) => `arn:aws:sns:eu-central-1:111111111111:lifeboat-dev-${name}`,
);

describe('what brings a function to run', () => {
  const rules = recovery.of('AWS::Events::Rule');
  const targets = rules.flatMap(([, { Name, Targets }]) =>
    (Targets as Properties[]).map((target) => ({ name: Name as string, target })),
  );

  it.each(targets)('$name keeps what it could not deliver', ({ target }) => {
    expect(recovery.resources[refersTo(target['DeadLetterConfig'])]?.Type).toBe('AWS::SQS::Queue');
  });

  it('starts nothing on an alarm older than ten minutes', () => {
    const onAlarms = targets.filter(({ name }) => !name.endsWith('watch-executions'));
    // One starts, and three tell the people on call, each by mail and by telephone.
    expect(onAlarms).toHaveLength(1 + 3 * 2);
    for (const { target } of onAlarms) {
      expect(target['RetryPolicy']).toEqual({ MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 10 });
    }
  });

  it('tries to free the lock for as long as the lock would stand', () => {
    const watch = targets.find(({ name }) => name.endsWith('watch-executions'));
    expect(watch?.target['RetryPolicy']).toEqual({
      MaximumEventAgeInSeconds: 7200,
      MaximumRetryAttempts: 20,
    });
  });

  it('looks for alarms that come from another state, so that a repeated one starts nothing', () => {
    for (const [, { EventPattern }] of rules.filter(
      ([, { EventPattern: pattern }]) => pattern.source[0] === 'aws.cloudwatch',
    )) {
      expect(EventPattern.detail).toEqual({
        state: { value: ['ALARM'] },
        previousState: { value: [{ 'anything-but': ['ALARM'] }] },
      });
    }
  });

  it('starts an incident by either of the two ways to see the primary, by data that make no sense, and by what tests find', () => {
    const start = rules.find(([, { Name }]) => Name === 'lifeboat-dev-start-incident');
    expect(start?.[1]['EventPattern'].resources).toEqual([
      'arn:aws:cloudwatch:us-east-1:111111111111:alarm:lifeboat-dev-primary-unhealthy',
      'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:lifeboat-dev-primary-unreachable',
      { prefix: 'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:lifeboat-dev-data-inconsistent-' },
      'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:lifeboat-dev-configuration-invalid',
      'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:lifeboat-dev-application-unhealthy',
      'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:lifeboat-dev-nodes-unhealthy',
    ]);
  });

  it.each([
    ...['watch-executions', 'probe-primary', 'publish-switch', 'watch-data', 'keep-copies'],
    ...['watch-service', 'export-objects', 'call-site', 'compare-sites', 'watch-updates'],
  ])('keeps what %s fails at on every try, which nobody else would notice', (task) => {
    const [id] = functions.find(([, { FunctionName }]) => FunctionName === `lifeboat-dev-${task}`)!;
    const invoking = recovery.of('AWS::Lambda::EventInvokeConfig');
    const [, config] = invoking.find(([, { FunctionName }]) => refersTo(FunctionName) === id)!;
    const queue = config['DestinationConfig'].OnFailure.Destination;
    expect(recovery.resources[refersTo(queue)]?.Type).toBe('AWS::SQS::Queue');
  });

  it('says of an unfit standby that its users are down if they are there', () => {
    const tell = targets.find(({ name }) => name.endsWith('tell-standby-unhealthy'));
    expect(tell?.target['InputTransformer'].InputTemplate).toContain('its users are down now');
  });

  it('tells the people on call of an unreachable primary without any part of the recovery', () => {
    const [, alarm] = recovery
      .of('AWS::CloudWatch::Alarm')
      .find(([, { AlarmName }]) => AlarmName === 'lifeboat-dev-primary-unreachable')!;
    expect(alarm['AlarmActions']).toEqual(oncall);
  });

  it('rings every telephone that there is, and asks for no other where there is none', () => {
    for (const [, { AlarmActions }] of recovery.of('AWS::CloudWatch::Alarm')) {
      if ((AlarmActions ?? []).length > 0) expect(AlarmActions).toEqual(oncall);
    }
    const [first] = environment.contacts.oncall.primary;
    const silent = { name: first!.name, email: first!.email };
    const { recovery: changed } = synthesized({
      ...environment,
      contacts: { ...environment.contacts, oncall: { primary: [silent], secondary: [] } },
    });
    const rung = changed
      .of('AWS::CloudWatch::Alarm')
      .flatMap(([, { AlarmActions = [] }]) => AlarmActions as string[]);
    expect(new Set(rung)).toEqual(new Set([oncall[0]]));
    expect(changed.text).not.toContain('lifeboat-dev-oncall-sms');
  });

  it('tells the people on call when those updates stop that would tell everybody', () => {
    const [, rule] = rules.find(([, { Name }]) => Name === 'lifeboat-dev-tell-updates-stopped')!;
    expect(JSON.stringify(rule['EventPattern'].detail.stateMachineArn)).toMatch(
      /stateMachine:lifeboat-dev-status-updates"/,
    );
    expect(rule['EventPattern'].detail.error).toEqual([
      { 'anything-but': ['InvalidInput'] },
      null,
      { exists: false },
    ]);
    const topics = (rule['Targets'] as Properties[]).map(({ Arn }) => recovery.resources[refersTo(Arn)]);
    expect(topics.map((topic) => topic?.Properties['TopicName'])).toEqual([
      'lifeboat-dev-oncall',
      'lifeboat-dev-oncall-sms',
    ]);
  });

  it('drops a scheduled run that is a minute late, or ten of an hour, since the next one is due', () => {
    const schedules = recovery.of('AWS::Scheduler::Schedule');
    expect(
      Object.fromEntries(schedules.map(([, { Name, ScheduleExpression }]) => [Name, ScheduleExpression])),
    ).toEqual({
      'lifeboat-dev-probe-primary': 'rate(1 minute)',
      'lifeboat-dev-publish-switch': 'rate(1 minute)',
      'lifeboat-dev-watch-data': 'rate(1 minute)',
      'lifeboat-dev-keep-copies': 'rate(1 hour)',
      'lifeboat-dev-watch-service': 'rate(1 minute)',
      'lifeboat-dev-watch-updates': 'rate(1 minute)',
      'lifeboat-dev-export-primary': 'rate(1 minute)',
      'lifeboat-dev-export-standby': 'rate(1 minute)',
      'lifeboat-dev-compare-sites': 'rate(1 hour)',
    });
    for (const [, { Target, ScheduleExpression }] of schedules) {
      const late = ScheduleExpression === 'rate(1 hour)' ? 600 : 60;
      expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBe(late);
      expect(recovery.resources[refersTo(Target.DeadLetterConfig)]?.Type).toBe('AWS::SQS::Queue');
    }
  });
});

it('names a wildcard as IAM compares it where records are changed', () => {
  const staging = loadEnvironment('staging');
  const [first, ...others] = staging.dns.records;
  const wildcard = { ...first!, name: '*.staging.erlmcp.company.com' };
  const changed = synthesized({
    ...staging,
    dns: { ...staging.dns, records: [first!, wildcard, ...others] },
  });
  const granted = statements(changed.recovery).find(({ Action }) =>
    list(Action).includes('route53:ChangeResourceRecordSets'),
  );
  expect(JSON.stringify(granted?.Condition)).toContain(String.raw`"\\052.staging.erlmcp.company.com"`);
});

describe('a state machine', () => {
  const machines = recovery.of('AWS::StepFunctions::StateMachine');

  it.each(machines)('%s has every placeholder filled, and no more', (_id, properties) => {
    const placeholders = [...String(properties['DefinitionString']).matchAll(/\$\{(\w+)\}/g)].map(
      ([, name]) => name,
    );
    const given = Object.keys(properties['DefinitionSubstitutions'] as object);
    expect(given.sort()).toEqual([...new Set(placeholders)].sort());
  });

  it.each(machines)('%s is traced and logs everything', (_id, properties) => {
    expect(properties['TracingConfiguration']).toEqual({ Enabled: true });
    expect(properties['LoggingConfiguration']).toMatchObject({ Level: 'ALL', IncludeExecutionData: true });
  });

  it.each(machines)('%s may invoke the functions that it names, and no others', (_id, properties) => {
    const named = Object.values(properties['DefinitionSubstitutions'] as object)
      .map(refersTo)
      .filter((id) => recovery.resources[id]?.Type === 'AWS::Lambda::Function');
    const policy = recovery
      .of('AWS::IAM::Policy')
      .find(([, { Roles }]) => refersTo(Roles) === refersTo(properties['RoleArn']));
    const invoking = (policy?.[1]['PolicyDocument'].Statement as Statement[]).filter(({ Action }) =>
      list(Action).includes('lambda:InvokeFunction'),
    );
    const allowed = invoking.flatMap(({ Resource }) => list(Resource)).map(refersTo);
    expect(allowed.toSorted()).toEqual([...new Set(named)].toSorted());
  });
});

describe('the region that recovers needs no other', () => {
  it('refers to no other stack and runs nothing to look something up', () => {
    expect(recovery.text).not.toMatch(
      /Fn::ImportValue|Fn::GetStackOutput|AWS::CloudFormation::CustomResource|Custom::/,
    );
  });

  it('knows the region of the primary only by what tasks are told and may do there', () => {
    const { region } = environment.sites.primary;
    const knowing = Object.values(recovery.resources).filter((each) => JSON.stringify(each).includes(region));
    expect(knowing.length).toBeGreaterThan(0);
    for (const {
      Type,
      Properties: { Environment: given, PolicyDocument, ...others },
    } of knowing) {
      expect(JSON.stringify(others)).not.toContain(region);
      expect(Type).toBe(given === undefined ? 'AWS::IAM::Policy' : 'AWS::Lambda::Function');
      if (PolicyDocument === undefined) continue;
      const services = (PolicyDocument as { Statement: Statement[] }).Statement.filter((each) =>
        JSON.stringify(each).includes(region),
      ).flatMap(({ Action }) => list(Action).map((action) => action.split(':')[0]));
      expect(
        services.filter(
          (each) => !['rds', 'lambda', 'kms', 'secretsmanager', 's3', 'eks', 'autoscaling'].includes(each!),
        ),
      ).toEqual([]);
    }
  });

  it('knows us-east-1 only by the alarms that come from there', () => {
    const mentions = recovery.text.match(/.{24}us-east-1.{20}/g) ?? [];
    expect(mentions.length).toBeGreaterThan(0);
    for (const mention of mentions) expect(mention).toMatch(/arn:aws:cloudwatch:us-east-1:111111111111:al/);
  });
});

describe('what is kept and what is said', () => {
  it('the ledger is versioned, private, encrypted and outlives the stack', () => {
    const [[id, bucket] = ['', {}]] = recovery.of('AWS::S3::Bucket');
    expect(bucket).toMatchObject({
      BucketName: 'lifeboat-dev-ledger-111111111111-eu-central-1',
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(recovery.resources[id]?.DeletionPolicy).toBe('Retain');
  });

  it('every topic is encrypted and takes messages over TLS only', () => {
    const topics = recovery.of('AWS::SNS::Topic');
    expect(topics.length).toBeGreaterThan(0);
    for (const [id, topic] of topics) {
      expect(refersTo(topic['KmsMasterKeyId'])).not.toBe('');
      const policy = recovery.of('AWS::SNS::TopicPolicy').find(([, { Topics }]) => refersTo(Topics) === id);
      expect(policy?.[1]['PolicyDocument'].Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  it('alarms and rules may publish to the people on call, and to nobody else', () => {
    const publishers = recovery
      .of('AWS::SNS::TopicPolicy')
      .map(([, { Topics, PolicyDocument }]) => [
        recovery.resources[refersTo(Topics)]?.Properties['TopicName'],
        (PolicyDocument.Statement as { Effect: string; Principal: { Service: unknown } }[])
          .filter(({ Effect }) => Effect === 'Allow')
          .flatMap(({ Principal }) => list(Principal.Service)),
      ]);
    expect(Object.fromEntries(publishers)).toEqual({
      'lifeboat-dev-oncall': ['cloudwatch.amazonaws.com', 'events.amazonaws.com'],
      'lifeboat-dev-oncall-sms': ['cloudwatch.amazonaws.com', 'events.amazonaws.com'],
      'lifeboat-dev-oncall-secondary': [],
      'lifeboat-dev-management': [],
      'lifeboat-dev-customers-enterprise': [],
      'lifeboat-dev-partners': [],
    });
  });

  it('every contact is subscribed: mails apart from text messages, and nobody to what is for another', () => {
    const prod = loadEnvironment('prod');
    const { recovery: stack } = synthesized(prod);
    const told = stack
      .of('AWS::SNS::Subscription')
      .map(([, { Endpoint, Protocol, TopicArn }]) =>
        [stack.resources[refersTo(TopicArn)]?.Properties['TopicName'], Protocol, Endpoint].join(' '),
      );
    const wanted = addressed.flatMap((audience) =>
      contactsOf(prod, audience).flatMap(({ email, phone }) => [
        `lifeboat-prod-${audience} email ${email}`,
        ...(phone === undefined ? [] : [`lifeboat-prod-${audience}-sms sms ${phone}`]),
      ]),
    );
    expect(told.length).toBeGreaterThan(10);
    expect(told.toSorted()).toEqual(wanted.toSorted());
  });

  it('an audience without people has no topic, and one without telephones none for text messages', () => {
    const names = recovery.of('AWS::SNS::Topic').map(([, { TopicName }]) => TopicName as string);
    expect(environment.contacts.customers.standard).toEqual([]);
    expect(names.some((name) => name.includes('customers-standard'))).toBe(false);
    expect(names.filter((name) => name.endsWith('-sms'))).toEqual(['lifeboat-dev-oncall-sms']);
  });

  it('a mailbox or a telephone that two people share is told once', () => {
    const [first] = environment.contacts.oncall.primary;
    const shared = { ...first!, name: 'Next shift' };
    const { recovery: changed } = synthesized({
      ...environment,
      contacts: {
        oncall: { primary: [first!, shared], secondary: [] },
        management: [first!],
        customers: { enterprise: [], standard: [] },
        partners: [],
      },
    });
    const told = changed.of('AWS::SNS::Subscription').map(([, { Endpoint }]) => Endpoint as string);
    expect(told.toSorted()).toEqual([first!.email, first!.email, first!.phone!, first!.phone!].toSorted());
  });

  it('a probe that does not run is no evidence against the primary', () => {
    const alarm = recovery
      .of('AWS::CloudWatch::Alarm')
      .find(([, { AlarmName }]) => AlarmName === 'lifeboat-dev-primary-unreachable');
    expect(alarm?.[1]).toMatchObject({
      Namespace: 'Lifeboat',
      MetricName: 'PrimaryReachable',
      EvaluationPeriods: environment.detection.probe.failures,
      TreatMissingData: 'ignore',
    });
  });
});
