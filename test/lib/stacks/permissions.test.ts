import { describe, expect, it } from 'vitest';
import { environmentNames, loadEnvironment } from '../../../lib/config/load.ts';
import { list, refersTo, type Statement, statements } from '../statements.ts';
import { synthesized } from '../synthesized.ts';

/** AWS ties these to no resource; PutMetricData is held to one namespace by its condition. */
const withoutResource = [
  /^xray:(PutTraceSegments|PutTelemetryRecords|GetSamplingRules|GetSamplingTargets)$/,
  /^logs:(Create|Get|Update|Delete)LogDelivery$/,
  /^logs:(ListLogDeliveries|PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)$/,
  /^cloudwatch:(GetMetricData|PutMetricData)$/,
  /^rds:(CrossRegionCommunication|DescribeEvents)$/,
  /^autoscaling:DescribeAutoScaling(Groups|Instances)$/,
  /^ec2:(Create|Describe|Delete)NetworkInterfaces?$|^ec2:(DescribeSubnets|(Una|A)ssignPrivateIpAddresses)$/,
];

describe.each(environmentNames())('the permissions of %s', (name) => {
  const { all } = synthesized(name);
  const granted = all.flatMap(statements);

  it('name every action', () => {
    expect(granted.length).toBeGreaterThan(50);
    const actions = granted.flatMap(({ Action }) => list(Action));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('name every resource but of what AWS ties to none', () => {
    const anywhere = granted
      .filter(({ Resource }) => list(Resource).includes('*'))
      .flatMap(({ Action }) => list(Action));
    expect(anywhere.filter((action) => !withoutResource.some((pattern) => pattern.test(action)))).toEqual([]);
  });

  it('let metrics be written in one namespace', () => {
    const writing = granted.filter(({ Action }) => list(Action).includes('cloudwatch:PutMetricData'));
    expect(writing.length).toBeGreaterThan(0);
    for (const { Condition } of writing) {
      expect(Condition).toEqual({ StringEquals: { 'cloudwatch:namespace': 'Lifeboat' } });
    }
  });

  it('delete nothing', () => {
    const actions = granted.flatMap(({ Action }) => list(Action));
    const deleting = actions.filter((action) => /:(Delete|Terminate|Remove)|^rds:Stop/.test(action));
    // The interfaces that Lambda makes for a function in a network, and the delivery of a machine's own log; markers
    // of objects, which undo nothing, of which more below; and instances that their group replaces.
    expect(
      deleting.filter(
        (action) =>
          !/^(ec2:DeleteNetworkInterface|logs:DeleteLogDelivery|s3:DeleteObject)$|^autoscaling:Terminate/.test(
            action,
          ),
      ),
    ).toEqual([]);
  });

  it('delete no version of an object, and objects only under the prefixes of the environment', () => {
    const { configuration } = loadEnvironment(name);
    const under = configuration.buckets.flatMap(({ primary, standby, prefixes }) =>
      [primary, standby].flatMap((bucket) => prefixes.map((prefix) => `arn:aws:s3:::${bucket}/${prefix}*`)),
    );
    const deleting = granted.filter(({ Action }) =>
      list(Action).some((each) => each.startsWith('s3:Delete')),
    );
    expect(deleting).toHaveLength(configuration.buckets.length > 0 ? 1 : 0);
    for (const { Action, Resource } of deleting) {
      expect(list(Action)).not.toContain('s3:DeleteObjectVersion');
      expect(list(Resource).toSorted()).toEqual(under.toSorted());
    }
  });

  it("end instances of the environment's own node groups only", () => {
    const ending = granted.filter(({ Action }) =>
      list(Action).some((each) => each.startsWith('autoscaling:Term')),
    );
    for (const { Condition } of ending) {
      expect(Object.keys((Condition as { StringEquals: object }).StringEquals)).toEqual([
        'autoscaling:ResourceTag/eks:cluster-name',
        'autoscaling:ResourceTag/eks:nodegroup-name',
      ]);
    }
  });

  it('pass a role to the monitoring of RDS alone, and only where a copy is made or set up', () => {
    const passing = all.flatMap((stack) =>
      stack.of('AWS::IAM::Policy').flatMap(([, { PolicyDocument, Roles }]) =>
        (PolicyDocument.Statement as Statement[])
          .filter(({ Action }) => list(Action).includes('iam:PassRole'))
          .map((statement) => ({
            statement,
            role: stack.resources[refersTo(Roles)]?.Properties['RoleName'],
          })),
      ),
    );
    expect(passing.map(({ role }) => role).toSorted()).toEqual([
      `lifeboat-${name}-align-settings`,
      `lifeboat-${name}-start-restore`,
    ]);
    for (const { statement } of passing) {
      expect(statement.Action).toBe('iam:PassRole');
      expect(statement.Condition).toEqual({
        StringEquals: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' },
      });
    }
  });

  it('let a key that is not named be used through RDS and S3 only', () => {
    const withKeys = granted.filter(
      ({ Action, Resource }) =>
        list(Action).some((action) => action.startsWith('kms:')) &&
        JSON.stringify(Resource).includes(':key/*'),
    );
    for (const { Condition } of withKeys) {
      expect(JSON.stringify(Condition)).toMatch(
        /^\{"StringEquals":\{"kms:ViaService":"(rds|s3)\.[a-z0-9-]+\.amazonaws\.com"\}\}$/,
      );
    }
  });

  it('come from no policy that AWS keeps', () => {
    for (const stack of all) {
      for (const [, role] of stack.of('AWS::IAM::Role')) expect(role['ManagedPolicyArns']).toBeUndefined();
    }
  });
});
