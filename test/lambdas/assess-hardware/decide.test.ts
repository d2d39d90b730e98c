import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseSight } from '../../../lambdas/assess-hardware/databases.ts';
import { assessHardware, type Observations } from '../../../lambdas/assess-hardware/decide.ts';
import type { GroupSight } from '../../../lambdas/assess-hardware/nodes.ts';
import type { DescribedDatabase } from '../../../lambdas/aws/rds.ts';
import type { Mode } from '../../../lambdas/incident/contract.ts';
import type { NodeSight, Survey } from '../../../lambdas/workloads/contract.ts';
import { restoring, wellAnswer } from '../restore-settings.ts';

const at = '2026-11-23T12:00:00.000Z';
const limits = { nodeGraceSeconds: 300, maxReplaced: 2, reboot: 'person', approvalSeconds: 1_800 } as const;

/** @param silentFor seconds; null for a node that is ready */
const node = (number: number, silentFor: number | null, more: Partial<NodeSight> = {}): NodeSight => ({
  name: `node-${number}`,
  group: 'workers',
  instanceId: `i-${number}`,
  ready: silentFor === null ? true : 'unknown',
  since: new Date(Date.parse(at) - (silentFor ?? 86_400) * 1_000).toISOString(),
  reason: silentFor === null ? 'KubeletReady' : 'NodeStatusUnknown',
  cordoned: false,
  ...more,
});
const survey = (nodes: readonly NodeSight[] | null): Survey => ({
  at,
  site: 'primary',
  workloads: [],
  nodes,
});
const groupOf = (state: Partial<GroupSight['state']> = {}, inService = 3): GroupSight => ({
  target: { name: 'workers', min: 2, desired: 3, max: 6 },
  state: {
    status: 'ACTIVE',
    issues: [],
    min: 2,
    desired: 3,
    max: 6,
    scalingGroups: ['eks-workers'],
    ...state,
  },
  instances: Array.from({ length: inService }, (_, index) => ({
    ...{ instanceId: `i-${index}`, group: 'eks-workers', lifecycle: 'InService', healthy: true },
  })),
});
const described = (status = 'available', raw: object = { MultiAZ: true }): DescribedDatabase => ({
  ...{ identifier: 'erlmcp', arn: '', status, endpoint: null, latestRestorableTime: null, replicaOf: null },
  ...{ earliestRestorableTime: null, allocatedGiB: 20, backupRetentionPeriod: 7, deletionProtection: true },
  ...{ securityGroupIds: [], tags: {}, raw: { ...raw } },
});
const silent = { reachable: false, silent: true, evidence: '10.0.0.5:5432: timeout expired', at } as const;
const database = (more: Partial<DatabaseSight> = {}): DatabaseSight => ({
  database: 'erlmcp',
  kind: 'instance',
  place: { region: 'eu-west-1', identifier: 'erlmcp' },
  rds: described(),
  answer: wellAnswer,
  unfinished: null,
  ...more,
});
const ready = [node(0, null), node(1, null), node(2, null)];

function assess(
  seen: Partial<Observations> = {},
  more: Partial<Parameters<typeof assessHardware>[1]> = {},
  mode: Mode = 'live',
) {
  return assessHardware(
    { survey: survey(ready), groups: [groupOf()], databases: [database()], ...seen },
    { ...limits, ...more },
    mode,
  );
}
const withNodes = (...nodes: readonly NodeSight[]) => assess({ survey: survey(nodes) });
const withDatabase = (more: Partial<DatabaseSight>) => assess({ databases: [database(more)] });

describe('a site of which everything is there', () => {
  it('is sound, and says what else could be wrong', () => {
    expect(assess()).toMatchObject({
      verdict: 'sound',
      reason: 'all nodes of workers are there; erlmcp answers',
      plan: { replace: [], groups: [], reboot: [] },
    });
    expect(assess().checks.map(({ name, held }) => [name, held])).toEqual([
      ['hardware/node group workers', true],
      ['hardware/database erlmcp', true],
    ]);
  });

  it('is sound without node groups and databases, too', () => {
    expect(assess({ groups: [], databases: [] })).toMatchObject({
      verdict: 'sound',
      reason: 'the environment names no node groups of this site; it has no databases',
    });
  });
});

describe('nodes that are silent', () => {
  it('for long enough are replaced', () => {
    expect(withNodes(node(0, null), node(1, 301), node(2, null))).toMatchObject({
      verdict: 'go',
      reason: expect.stringContaining('node node-1 of workers is silent for 5 min (NodeStatusUnknown)'),
      plan: {
        site: 'primary',
        replace: [{ node: 'node-1', instanceId: 'i-1', group: 'workers' }],
        groups: [{ name: 'workers', desired: 3, ready: 2 }],
      },
    });
  });

  it('for a shorter time are waited for, a minute at most at once', () => {
    expect(withNodes(node(0, null), node(1, 280), node(2, null))).toMatchObject({
      ...{ verdict: 'wait', waitSeconds: 20 },
      plan: { replace: [] },
    });
    expect(withNodes(node(0, null), node(1, 10), node(2, null)).waitSeconds).toBe(60);
  });

  it('that fell silent a moment after another are waited for; those of much later are not', () => {
    const first = [node(0, null), node(1, 310), node(2, null), node(3, null)];
    expect(withNodes(...first, node(4, 290))).toMatchObject({ verdict: 'wait', waitSeconds: 10 });
    expect(withNodes(...first, node(4, 100))).toMatchObject({
      ...{ verdict: 'go', plan: { replace: [{ node: 'node-1' }] } },
    });
  });

  it('since nobody knows when are waited for', () => {
    expect(withNodes(node(0, null), node(1, 999, { since: null }), node(2, null)).verdict).toBe('wait');
  });

  it('are more than may be replaced without a person: the newest first, all are asked about', () => {
    const output = withNodes(node(0, 900), node(1, 400), node(2, 600), node(3, null), node(4, null));
    expect(output).toMatchObject({ verdict: 'ask', approvalSeconds: 1_800 });
    expect(output.plan.replace.map((each) => each.node)).toEqual(['node-1', 'node-2', 'node-0']);
    expect(output.question).toBe(
      'End the machines of 3 of the 5 nodes of the primary, for others to take their place: node-1 (i-1 of workers), ' +
        "node-2 (i-2 of workers) and node-0 (i-0 of workers)? More than 2 are replaced by a person's word only.",
    );
  });

  it('are all that there are: a lost site, which machines do not mend', () => {
    expect(withNodes(node(0, 400), node(1, 400), node(2, 20))).toMatchObject({
      verdict: 'stop',
      reason: expect.stringContaining("no node of the primary's cluster is ready (3 are there)"),
      nextSteps: expect.arrayContaining([expect.stringContaining('{"scenario":"site-failure"}')]),
      plan: { replace: [], groups: [], reboot: [] },
    });
  });

  it('is the only one: it is replaced', () => {
    const one = {
      ...groupOf({ min: 1, desired: 1 }, 1),
      target: { name: 'workers', min: 1, desired: 1, max: 2 },
    };
    const output = assess({ survey: survey([node(0, 400)]), groups: [one] });
    expect(output).toMatchObject({ verdict: 'go', plan: { replace: [{ node: 'node-0' }] } });
  });

  it.each([
    ['of no node group', { group: null }],
    ['of a node group that the environment does not name', { group: 'karpenter' }],
    ['without a machine of EC2', { instanceId: null }],
  ])('%s are replaced by what provides them', (_, more) => {
    expect(withNodes(...ready, node(3, 400, more))).toMatchObject({
      verdict: 'stop',
      nextSteps: [expect.stringContaining('sites.primary.nodeGroups')],
      plan: { replace: [] },
    });
    expect(withNodes(...ready, node(3, 400, more), node(4, 400))).toMatchObject({
      ...{ verdict: 'go', plan: { replace: [{ node: 'node-4' }] } },
    });
  });
});

describe('a node group with fewer nodes than it should have', () => {
  it('is waited for by the runbook, by the larger of what EKS and the environment say', () => {
    const output = assess({ groups: [groupOf({ desired: 5 })] });
    expect(output).toMatchObject({ verdict: 'go', plan: { groups: [{ desired: 5, ready: 3 }] } });
  });

  it.each([
    ['InstanceLimitExceeded: limit', 'Running On-Demand Standard'],
    ['AsgInstanceLaunchFailures: VcpuLimitExceeded - 32', 'Running On-Demand Standard'],
    ['AsgInstanceLaunchFailures: InsufficientInstanceCapacity', 'AWS has no room for this instance type'],
    ['AsgInstanceLaunchFailures: MaxSpotInstanceCountExceeded', 'All Standard Spot Instance Requests'],
    ['AsgInstanceLaunchFailures: UnauthorizedOperation', 'EC2 refuses the launch'],
    ['Ec2SubnetNotFound: subnet-1', 'subnets that exist'],
    ['InsufficientFreeAddresses: none', 'no free address'],
    ['Ec2LaunchTemplateNotFound: lt-1', 'health of the node group in the EKS console'],
  ])('that can start none (%s) stops with what a person must mend', (issue, advice) => {
    const output = assess({
      survey: survey([node(0, null), node(1, null)]),
      groups: [groupOf({ status: 'DEGRADED', issues: [issue] })],
    });
    expect(output).toMatchObject({
      verdict: 'stop',
      reason: expect.stringContaining(`node group workers would get no new nodes: ${issue}`),
      plan: { groups: [] },
    });
    expect(output.nextSteps.join(' ')).toContain(advice);
  });

  it('loses no machine while it could start no other', () => {
    const output = assess({
      survey: survey([...ready, node(3, 400)]),
      groups: [groupOf({ issues: ['InstanceLimitExceeded: limit'] })],
    });
    expect(output).toMatchObject({ verdict: 'stop', plan: { replace: [] } });
  });

  it.each(['PodEvictionFailure: x', 'IamThrottling: x'])(
    'goes on with an issue that is none: %s',
    (issue) => {
      const nodes = survey([node(0, null), node(1, null)]);
      expect(assess({ survey: nodes, groups: [groupOf({ issues: [issue] })] }).verdict).toBe('go');
    },
  );

  it('is as it was while it has its nodes, whatever EKS still says', () => {
    expect(assess({ groups: [groupOf({ issues: ['InstanceLimitExceeded: limit'] })] }).verdict).toBe('sound');
  });

  it('that is being deleted stops', () => {
    const groups = [groupOf({ status: 'DELETING' })];
    expect(assess({ survey: survey([node(0, null)]), groups }).verdict).toBe('stop');
  });

  it('of several, of which no node is left, is a lost site', () => {
    expect(assess({ survey: survey([]) })).toMatchObject({
      ...{ verdict: 'stop', reason: expect.stringContaining('no node of the primary') },
    });
  });
});

describe('nodes that may not be looked at', () => {
  it('are judged by Auto Scaling, and that is said', () => {
    const output = assess({ survey: survey(null), groups: [groupOf({}, 2)] });
    expect(output).toMatchObject({
      verdict: 'go',
      plan: { replace: [], groups: [{ desired: 3, ready: 2 }] },
      reason: expect.stringContaining('nodes may not be looked at (docs/deploy.md says how to let it)'),
    });
    expect(output.checks).toContainEqual(
      expect.objectContaining({ name: 'hardware/nodes', held: 'unknown' }),
    );
  });
});

describe('a database', () => {
  it('that is silent and Multi-AZ is restarted by a person, who is told what that costs and applies', () => {
    const pending = {
      MultiAZ: true,
      PendingModifiedValues: { DBInstanceClass: 'db.r8g.large' },
      DBParameterGroups: [{ DBParameterGroupName: 'tuned', ParameterApplyStatus: 'pending-reboot' }],
    };
    const output = withDatabase({ answer: silent, rds: described('available', pending) });
    expect(output).toMatchObject({ verdict: 'ask', plan: { reboot: ['erlmcp'], replace: [] } });
    expect(output.question).toBe(
      'Restart erlmcp in another zone? Connections are cut, and nobody can use it for one to two minutes (Aurora: ' +
        'about half a minute); nothing that was committed is lost. It applies, too: DBInstanceClass of erlmcp and ' +
        'parameter group tuned of erlmcp. erlmcp is silent: 10.0.0.5:5432: timeout expired (erlmcp is available).',
    );
  });

  it('is restarted at once where the environment says so', () => {
    const output = assess({ databases: [database({ answer: silent })] }, { reboot: 'automatic' });
    expect(output).toMatchObject({ verdict: 'go', plan: { reboot: ['erlmcp'] } });
  });

  it('of Aurora needs a reader', () => {
    const of = (...members: readonly string[]) =>
      withDatabase({
        ...{ kind: 'aurora', answer: silent },
        rds: {
          ...described(),
          members: members.map((identifier, index) => ({ identifier, writer: index === 0 })),
        },
      }).verdict;
    expect(of('a', 'b')).toBe('ask');
    expect(of('a')).toBe('stop');
  });

  it('without a second zone stops, with two ways on', () => {
    const output = withDatabase({ answer: silent, rds: described('available', { MultiAZ: false }) });
    expect(output).toMatchObject({ verdict: 'stop', plan: { reboot: [] } });
    expect(output.nextSteps).toEqual([
      expect.stringContaining(
        'aws rds reboot-db-instance --region eu-west-1 --db-instance-identifier erlmcp',
      ),
      expect.stringContaining('{"scenario":"data-corruption","databases":["erlmcp"]}'),
    ]);
  });

  it.each([
    ['stopped', 'start it in the RDS console'],
    ['failed', '{"scenario":"data-corruption","databases":["erlmcp"]}'],
    ['storage-full', 'a restart does not help'],
    ['inaccessible-encryption-credentials', 'KMS key'],
    ['incompatible-network', 'see its events'],
  ])('that is %s stops with what helps', (status, advice) => {
    const output = withDatabase({ answer: silent, rds: described(status) });
    expect(output.verdict).toBe('stop');
    expect(output.nextSteps.join(' ')).toContain(advice);
  });

  it.each(['rebooting', 'failing-over', 'modifying', 'upgrading'])('that is %s is waited for', (status) => {
    expect(withDatabase({ answer: silent, rds: described(status) })).toMatchObject({
      ...{ verdict: 'wait', waitSeconds: 30 },
    });
  });

  it('that RDS has not any more stops', () => {
    expect(withDatabase({ answer: silent, rds: null })).toMatchObject({
      verdict: 'stop',
      nextSteps: [expect.stringContaining('There is no erlmcp in eu-west-1')],
    });
  });

  it('in the middle of a restore is left to that', () => {
    const output = withDatabase({ answer: silent, unfinished: { ...restoring, phase: 'swapping' } });
    expect(output).toMatchObject({ verdict: 'stop', plan: { reboot: [] } });
    expect(output.nextSteps.join(' ')).toContain('is not over: it is swapping');
  });

  it.each([
    ['that nobody could ask', { answer: { unknown: 'TryAgain: throttled' } }],
    ['of which RDS says nothing', { answer: silent, rds: { unknown: 'TryAgain: dark' } }],
  ])('%s is waited for', (_, more) => {
    expect(withDatabase(more).verdict).toBe('wait');
  });

  it('that refuses a password is no matter of hardware, and hinders no other work', () => {
    const refusing = database({
      answer: { reachable: false, evidence: 'password authentication failed', at },
    });
    expect(assess({ databases: [refusing] })).toMatchObject({
      verdict: 'stop',
      nextSteps: [expect.stringContaining("the reader's secret")],
    });
    const nodes = survey([node(0, null), node(1, 400), node(2, null)]);
    expect(assess({ databases: [refusing], survey: nodes }).verdict).toBe('go');
  });

  it('that answers is left alone whatever RDS says', () => {
    expect(withDatabase({ rds: described('storage-optimization') }).verdict).toBe('sound');
  });
});

describe('a plan', () => {
  const plan = (seen: Partial<Observations>) => assess(seen, {}, 'plan');

  it('asks nobody and waits for nothing: it says that a live run would', () => {
    expect(plan({ databases: [database({ answer: silent })] })).toMatchObject({
      verdict: 'go',
      reason: expect.stringMatching(/^plan: a live run would ask a person: /),
      plan: { reboot: ['erlmcp'] },
    });
    expect(plan({ survey: survey([node(0, null), node(1, 280), node(2, null)]) })).toMatchObject({
      verdict: 'go',
      reason: expect.stringMatching(/^plan: a live run would look again in 20 s: /),
      plan: { replace: [], reboot: [] },
    });
  });
});

describe('whatever is seen', () => {
  const anyNode = fc.record({
    number: fc.nat(9),
    silentFor: fc.option(fc.nat(1_000)),
    group: fc.constantFrom('workers', 'other', null),
    instanceId: fc.constantFrom('i-1', null),
    since: fc.constantFrom(at, null, 'nonsense'),
  });
  const anyDatabase = fc.record({
    answer: fc.constantFrom(silent, wellAnswer, { unknown: 'x' }, { reachable: false, evidence: 'no', at }),
    rds: fc.constantFrom(described(), described('failed'), described('available', {}), null, {
      unknown: 'x',
    }),
  });

  it('only what is silent for long enough is ended, nothing when it stops, and every verdict has its sentence', () => {
    fc.assert(
      fc.property(
        fc.option(fc.array(anyNode, { maxLength: 6 })),
        fc.array(anyDatabase, { maxLength: 3 }),
        fc.constantFrom('person' as const, 'automatic' as const),
        (nodes, databases, reboot) => {
          const seen = nodes?.map(({ number, silentFor, ...more }) => node(number, silentFor, more)) ?? null;
          const output = assess(
            { survey: survey(seen), databases: databases.map((more) => database(more)) },
            { reboot },
          );
          const { verdict, plan, question, nextSteps, waitSeconds, reason } = output;
          for (const { node: name } of plan.replace) {
            expect(seen?.some((each) => each.name === name && each.ready !== true)).toBe(true);
          }
          expect(reason).not.toBe('');
          if (verdict === 'stop') expect([plan.replace, plan.reboot]).toEqual([[], []]);
          if (verdict === 'stop') expect(nextSteps.length).toBeGreaterThan(0);
          expect(question !== '').toBe(verdict === 'ask');
          expect(waitSeconds > 0 && waitSeconds <= 60).toBe(verdict === 'wait');
          if (plan.reboot.length > 0 && reboot === 'person') expect(verdict).not.toBe('go');
          if (plan.replace.length > limits.maxReplaced) expect(verdict).not.toBe('go');
        },
      ),
    );
  });
});
