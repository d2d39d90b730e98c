import { describe, expect, it } from 'vitest';
import { loadEnvironment } from '../../../lib/config/load.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import { list, refersTo, type Statement, statements } from '../statements.ts';
import { type Properties, type Stack, synthesized } from '../synthesized.ts';

const environment = loadEnvironment('dev');
const { recovery, protection } = synthesized(environment);
const [database] = environment.databases;
if (!database) throw new Error('dev has no database');

const named = (stack: Stack, type: string, key: string, name: string): Properties => {
  const found = stack.of(type).find(([, properties]) => properties[key] === name);
  if (!found) throw new Error(`no ${type} ${name}`);
  return found[1];
};
const permissionsOf = (stack: Stack, role: string): readonly Statement[] =>
  stack
    .of('AWS::IAM::Policy')
    .filter(([, { Roles }]) => stack.resources[refersTo(Roles)]?.Properties['RoleName'] === role)
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[]);

describe('beside the databases of the primary', () => {
  const functions = protection.of('AWS::Lambda::Function');

  it('are the functions that ask them, stop their writers, and look after the cluster, in their region', () => {
    expect(protection.region).toBe(environment.sites.primary.region);
    expect(functions.map(([, { FunctionName }]) => FunctionName as string).toSorted()).toEqual([
      'lifeboat-dev-collect-evidence',
      'lifeboat-dev-export-objects',
      'lifeboat-dev-query-database',
      'lifeboat-dev-restart-workloads',
      'lifeboat-dev-restore-objects',
      'lifeboat-dev-set-writers',
      'lifeboat-dev-survey-workloads',
    ]);
  });

  it("no role has a name that the other region has, because names of roles are the account's", () => {
    const roles = (stack: Stack) => stack.of('AWS::IAM::Role').map(([, { RoleName }]) => RoleName as unknown);
    const here = new Set(roles(recovery).filter((name) => typeof name === 'string'));
    expect(here).toContain('lifeboat-dev-query-database-standby');
    expect(roles(protection)).toContain('lifeboat-dev-query-database-primary');
    expect(roles(protection).filter((name) => here.has(name as string))).toEqual([]);
  });

  it('who asks a database changes nothing in AWS', () => {
    const actions = permissionsOf(protection, 'lifeboat-dev-query-database-primary').flatMap(({ Action }) =>
      list(Action),
    );
    expect(actions.filter((action) => !/^(logs|xray|ec2):/.test(action))).toEqual([
      'secretsmanager:GetSecretValue',
    ]);
  });
});

describe('of each database', () => {
  it('data that make no sense are told after two minutes, and silence is not', () => {
    expect(
      named(recovery, 'AWS::CloudWatch::Alarm', 'AlarmName', 'lifeboat-dev-data-inconsistent-erlmcp'),
    ).toMatchObject({
      Namespace: 'Lifeboat',
      MetricName: 'DataConsistent',
      Period: 60,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 2,
      TreatMissingData: 'ignore',
    });
  });

  it('a replica that is farther behind than may be lost is told', () => {
    expect(
      named(recovery, 'AWS::CloudWatch::Alarm', 'AlarmName', 'lifeboat-dev-replica-lag-erlmcp'),
    ).toMatchObject({
      Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'erlmcp-standby' }],
      Threshold: environment.severities.P0.rpo,
    });
  });

  it('what has no queries and no replica has no alarm, and no alarm on data starts an incident', () => {
    const { recovery: changed } = synthesized({
      ...environment,
      databases: [{ ...database, consistency: [], standby: { ...database.standby, from: 'backups' } }],
    });
    const alarms = changed.of('AWS::CloudWatch::Alarm').map(([, { AlarmName }]) => AlarmName as string);
    expect(alarms.filter((name) => /data-inconsistent|replica-lag/.test(name))).toEqual([]);
    const start = named(changed, 'AWS::Events::Rule', 'Name', 'lifeboat-dev-start-incident');
    expect(JSON.stringify(start['EventPattern'])).not.toContain('data-inconsistent');
  });
});

describe('a gate', () => {
  const role = 'lifeboat-dev-answer-approval';

  it('is answered at an address that anybody may call, with a link that is signed', () => {
    const urls = recovery.of('AWS::Lambda::Url');
    for (const [, { AuthType }] of urls) expect(AuthType).toBe('NONE');
    // A call is taken at the other one.
    const behind = urls.map(([, { TargetFunctionArn }]) => refersTo(TargetFunctionArn));
    expect(
      behind.map((id) => recovery.resources[id]?.Properties['FunctionName'] as string).toSorted(),
    ).toEqual(['lifeboat-dev-acknowledge-incident', role]);
    const open = recovery.of('AWS::Lambda::Permission').filter(([, { Principal }]) => Principal === '*');
    expect(open.length).toBeGreaterThan(0);
    for (const [, permission] of open) {
      expect(behind).toContain(refersTo(permission['FunctionName']));
      // A permission to invoke that is open to everybody must hold for calls of the address alone.
      expect(permission['FunctionUrlAuthType'] ?? permission['InvokedViaFunctionUrl']).toBeTruthy();
    }
  });

  it('lets who answers it end the waiting of the machines that ask, and touch nothing else', () => {
    const granted = permissionsOf(recovery, role);
    const actions = granted
      .flatMap(({ Action }) => list(Action))
      .filter((each) => !/^(logs|xray):/.test(each));
    expect([...new Set(actions)].toSorted()).toEqual([
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'secretsmanager:GetSecretValue',
      'states:SendTaskSuccess',
    ]);
    const sending = granted.find(({ Action }) => list(Action).includes('states:SendTaskSuccess'));
    const arn = 'arn:aws:states:eu-central-1:111111111111:stateMachine:lifeboat-dev';
    expect(sending?.Resource).toEqual([
      `${arn}-config-restore`,
      `${arn}-database-restore`,
      `${arn}-hardware-failure`,
      `${arn}-site-failover`,
    ]);
  });

  it('is answered from a command line by who has the policy, which changes nothing by itself', () => {
    const [[, policy] = ['', {} as Properties]] = recovery.of('AWS::IAM::ManagedPolicy');
    const statements = policy['PolicyDocument'].Statement as Statement[];
    expect(statements.map(({ Action }) => Action)).toEqual([
      'lambda:InvokeFunction',
      's3:ListBucket',
      's3:GetObject',
    ]);
  });
});

describe('a keeper under a role of its own', () => {
  const keeperRoleArn = 'arn:aws:iam::222222222222:role/keeper';
  const allowed = (from: Environment) =>
    synthesized(from)
      .recovery.of('AWS::S3::BucketPolicy')
      .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[])
      .filter(({ Effect }) => Effect === 'Allow');

  it('reads and writes leases, and no other object of the ledger', () => {
    const statements = allowed({
      ...environment,
      databases: [{ ...database, lease: { ttl: 30, skew: 10, keeperRoleArn } }],
    });
    expect(statements).toHaveLength(2);
    for (const statement of statements) {
      expect(statement).toMatchObject({ Principal: { AWS: keeperRoleArn } });
      if (statement.Action === 's3:ListBucket') continue;
      expect(statement.Action).toEqual(['s3:GetObject', 's3:PutObject']);
      expect(JSON.stringify(statement.Resource)).toMatch(/"\/leases\/\*"/);
    }
  });

  it('is let in only if there is one', () => {
    expect(allowed(environment)).toEqual([]);
  });
});

describe('an environment', () => {
  it('without databases has no schedule and no alarm of theirs', () => {
    const { recovery: without, protection: beside } = synthesized({ ...environment, databases: [] });
    const schedules = without.of('AWS::Scheduler::Schedule').map(([, { Name }]) => Name as string);
    expect(schedules.toSorted()).toEqual([
      'lifeboat-dev-compare-sites',
      'lifeboat-dev-export-primary',
      'lifeboat-dev-export-standby',
      'lifeboat-dev-probe-primary',
      'lifeboat-dev-publish-switch',
      'lifeboat-dev-watch-service',
      'lifeboat-dev-watch-updates',
    ]);
    expect(without.text).not.toMatch(/alarm:?.{0,20}lifeboat-dev-(data-inconsistent|replica-lag)/i);
    const touching = [without, beside].flatMap(statements).flatMap(({ Action }) => list(Action));
    expect(touching.filter((action) => action.startsWith('rds:'))).toEqual([]);
  });

  it('of a hundred databases is deployed, with settings beside the code', () => {
    const databases = Array.from({ length: 100 }, (_, index) => ({
      ...database,
      name: `erlmcp-${index}`,
      primary: { ...database.primary, identifier: `erlmcp-${index}-primary` },
      standby: { ...database.standby, identifier: `erlmcp-${index}-standby` },
    }));
    const { all, recovery: large } = synthesized({ ...environment, databases });
    const { Environment: given } = named(
      large,
      'AWS::Lambda::Function',
      'FunctionName',
      'lifeboat-dev-plan-restore',
    );
    expect(given.Variables.SETTINGS).toBe('file:settings.json');
    const names = all
      .flatMap((stack) => stack.of('AWS::CloudWatch::Alarm'))
      .map(([, { AlarmName }]) => AlarmName as string);
    expect(names.filter((name) => name.startsWith('lifeboat-dev-data-inconsistent-'))).toHaveLength(100);
    for (const stack of all) {
      // Quotas of CloudFormation, and of what a role may hold (IAM: a managed policy, and all inline ones).
      expect(Object.keys(stack.resources).length).toBeLessThanOrEqual(500);
      expect(stack.text.length).toBeLessThan(1_000_000);
      for (const [, { PolicyDocument }] of stack.of('AWS::IAM::ManagedPolicy')) {
        expect(JSON.stringify(PolicyDocument).length).toBeLessThan(7_000);
      }
    }
  });
});
