import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import type { Permission } from '../../../../drill/cloud/contract.ts';
import { createIam } from '../../../../drill/cloud/iam/iam.ts';
import { account, counter, start } from '../local-cloud.ts';
import { create } from '../resource.ts';

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};
const policy = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], Resource: string | string[], Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});

function world() {
  const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });
  const iam = createIam({ account, clock, id: counter() });
  return {
    iam,
    role: (name: string, ...statements: readonly object[]): string => {
      const made = create(iam.resources, 'AWS::IAM::Role', {
        RoleName: name,
        AssumeRolePolicyDocument: trust,
        ...(statements.length > 0
          ? { Policies: [{ PolicyName: 'own', PolicyDocument: policy(...statements) }] }
          : {}),
      });
      return String(made.attributes?.['Arn']);
    },
    may: (arn: string, action: string, resource = '*', context: Permission['context'] = {}): boolean => {
      try {
        iam.authorize(iam.role(arn), { action, resource, context });
        return true;
      } catch {
        return false;
      }
    },
  };
}

describe('a role', () => {
  it('may do what a statement allows, and nothing else', () => {
    const { role, may } = world();
    const arn = role('r', allow(['s3:Get*', 'sns:Publish'], ['arn:aws:s3:::b/lock.json', 'arn:t']));
    expect(may(arn, 's3:GetObject', 'arn:aws:s3:::b/lock.json')).toBe(true);
    expect(may(arn, 'S3:getobject', 'arn:aws:s3:::b/lock.json')).toBe(true);
    expect(may(arn, 's3:GetObject', 'arn:aws:s3:::b/lockXjson')).toBe(false);
    expect(may(arn, 's3:PutObject', 'arn:aws:s3:::b/lock.json')).toBe(false);
    expect(may(arn, 'sns:Publish', 'arn:t')).toBe(true);
  });

  it('may not do what any statement denies', () => {
    const { role, may } = world();
    const arn = role('r', allow('s3:*', '*'), {
      Effect: 'Deny',
      NotAction: 's3:Get*',
      NotResource: 'arn:aws:s3:::open/*',
    });
    expect(may(arn, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(true);
    expect(may(arn, 's3:PutObject', 'arn:aws:s3:::b/k')).toBe(false);
    expect(may(arn, 's3:PutObject', 'arn:aws:s3:::open/k')).toBe(true);
  });

  it('may nothing without a policy', () => {
    const { role, may } = world();
    expect(may(role('r'), 's3:GetObject')).toBe(false);
  });

  it('has what policies beside it add, by name and by ARN', () => {
    const { iam, role, may } = world();
    const arn = role('r');
    create(iam.resources, 'AWS::IAM::Policy', {
      PolicyName: 'p',
      PolicyDocument: policy(allow('s3:GetObject', '*')),
      Roles: ['r'],
    });
    create(iam.resources, 'AWS::IAM::ManagedPolicy', {
      PolicyDocument: policy(allow('sns:Publish', '*')),
      Roles: ['r'],
    });
    const basic = create(iam.resources, 'AWS::IAM::Role', {
      AssumeRolePolicyDocument: trust,
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
    });
    expect(may(arn, 's3:GetObject')).toBe(true);
    expect(may(arn, 'sns:Publish')).toBe(true);
    expect(may(String(basic.attributes?.['Arn']), 'logs:PutLogEvents')).toBe(true);
  });

  it('has credentials of its own, by which it is known', () => {
    const { iam, role } = world();
    const [one, two] = [role('one'), role('two')];
    const credentials = iam.credentialsFor(one);
    expect(iam.credentialsFor(one)).toEqual(credentials);
    expect(iam.credentialsFor(two).accessKeyId).not.toBe(credentials.accessKeyId);
    expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z0-9]{16}$/);
    expect(iam.identify(credentials.accessKeyId)?.principal).toEqual({ kind: 'role', arn: one, name: 'one' });
    expect(iam.identify('AKIANOBODY')).toBeUndefined();
  });
});

describe('the operator', () => {
  it('may do everything, unnoted', () => {
    const { iam } = world();
    iam.authorize(iam.operator.principal, { action: 'iam:Anything', resource: '*' });
    expect(iam.denied()).toEqual([]);
  });
});

describe('a condition', () => {
  it.each<[string, object, Permission['context'], boolean]>([
    [
      'equals',
      { StringEquals: { 'cloudwatch:namespace': 'Lifeboat' } },
      { 'cloudwatch:namespace': 'Lifeboat' },
      true,
    ],
    ['equals another', { StringEquals: { k: 'a' } }, { k: 'b' }, false],
    ['equals one of several', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
    ['has no key', { StringEquals: { k: 'a' } }, {}, false],
    ['has no key, if it exists', { StringEqualsIfExists: { k: 'a' } }, {}, true],
    ['is like', { StringLike: { k: 'inc-*' } }, { k: 'inc-1' }, true],
    [
      'names its key in another case',
      { StringEquals: { 'AWS:RequestedRegion': 'r' } },
      { 'aws:requestedregion': 'r' },
      true,
    ],
    ['does not equal', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
    [
      'is an ARN',
      { ArnLike: { k: 'arn:aws:states:*:1:stateMachine:lifeboat-*' } },
      { k: 'arn:aws:states:r:1:stateMachine:lifeboat-x' },
      true,
    ],
    [
      'is an ARN with a star that would reach over a colon',
      { ArnLike: { k: 'arn:aws:s*:role/x' } },
      { k: 'arn:aws:sns:r:1:role/x' },
      false,
    ],
    ['is true', { Bool: { 'aws:SecureTransport': true } }, {}, true],
    ['is absent', { Null: { k: 'true' } }, {}, true],
    ['is absent and is not', { Null: { k: 'true' } }, { k: 'x' }, false],
    ['all of several', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'b', 'a'] }, true],
    ['all of several but one', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }, false],
    ['all of none', { 'ForAllValues:StringEquals': { k: 'a' } }, {}, true],
    ['any of several', { 'ForAnyValue:StringLike': { k: 'a*' } }, { k: ['b', 'ab'] }, true],
    ['any of none', { 'ForAnyValue:StringLike': { k: 'a*' } }, {}, false],
    ['two keys, one wrong', { StringEquals: { k: 'a', l: 'b' } }, { k: 'a', l: 'x' }, false],
  ])('that %s', (_, condition, context, holds) => {
    const { role, may } = world();
    expect(may(role('r', allow('*', '*', condition)), 'x:Y', '*', context)).toBe(holds);
  });
});

describe('what is not understood', () => {
  const attempt = (statement: object) => () => world().role('r', statement);

  it.each([
    ['an operator', allow('*', '*', { NumericLessThan: { k: '1' } }), /stack test: Role: .*NumericLessThan/],
    ['a policy variable', allow('*', 'arn:aws:s3:::${aws:username}'), /policy variables/],
    ['an element', { ...allow('*', '*'), NotPrincipal: '*' }, /NotPrincipal/],
    ['a statement without a resource', { Effect: 'Allow', Action: '*' }, /names resources/],
    ['a statement without an action', { Effect: 'Allow', Resource: '*' }, /Action or NotAction/],
  ])('is refused when it loads: %s', (_, statement, reason) => {
    expect(attempt(statement)).toThrow(reason);
  });

  it('includes managed policies and properties that are not known', () => {
    const { iam } = world();
    const role = (more: object) => () =>
      create(iam.resources, 'AWS::IAM::Role', { AssumeRolePolicyDocument: trust, ...more });
    expect(role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })).toThrow(
      /AdministratorAccess is not known/,
    );
    expect(role({ PermissionsBoundary: 'arn:x' })).toThrow(/PermissionsBoundary/);
  });
});

describe('the report', () => {
  it('has every denial with role, action, resource and time', () => {
    const { iam, role, may } = world();
    may(role('r'), 'eks:DescribeCluster', 'arn:c');
    expect(iam.denied()).toEqual([
      { role: 'r', action: 'eks:DescribeCluster', resource: 'arn:c', at: start },
    ]);
  });

  it('has what was granted and never needed, pair by pair', () => {
    const { iam, role, may } = world();
    const arn = role(
      'r',
      allow(['s3:GetObject', 's3:PutObject'], ['arn:a', 'arn:b/*']),
      allow(['logs:PutLogEvents', 'xray:PutTraceSegments'], '*'),
    );
    may(arn, 's3:GetObject', 'arn:a');
    may(arn, 's3:PutObject', 'arn:b/1');
    expect(iam.unused()).toEqual([
      { role: 'r', action: 's3:GetObject', resource: 'arn:b/*' },
      { role: 'r', action: 's3:PutObject', resource: 'arn:a' },
    ]);
  });

  it('does not take a denied call for a use', () => {
    const { iam, role, may } = world();
    const arn = role('r', allow('s3:PutObject', '*'), { Effect: 'Deny', Action: 's3:*', Resource: '*' });
    expect(may(arn, 's3:PutObject')).toBe(false);
    expect(iam.unused()).toEqual([{ role: 'r', action: 's3:PutObject', resource: '*' }]);
  });
});

describe('patterns', () => {
  it('match what they say, whatever else they are made of', () => {
    const { role, may } = world();
    let n = 0;
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (literal, rest) => {
        fc.pre(!/[*?]|\$\{/.test(literal));
        const arn = role(`p${++n}`, allow('x:Y', `${literal}*`));
        expect(may(arn, 'x:Y', literal + rest)).toBe(true);
        expect(may(arn, 'x:Y', `~${literal}${rest}`)).toBe(`~${literal}${rest}`.startsWith(literal));
      }),
      { numRuns: 60 },
    );
  });
});
