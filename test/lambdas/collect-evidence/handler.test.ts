import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/collect-evidence/contract.ts';
import type { Evidence } from '../../../lambdas/collect-evidence/evidence.ts';
import { handler } from '../../../lambdas/collect-evidence/handler.ts';
import { addDeployment, loopbackNamespace, type LoopbackNamespace } from '../loopback-namespace.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackNamespace;
let ledger: MemoryLedger;

const settings: Settings = {
  environment: 'dev',
  site: 'primary',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  cluster: { region: 'eu-west-1', name: 'erlmcp-primary', namespace: 'erlmcp', deployments: [] },
  logLines: 64,
  logBytes: 1_000,
};
const key = `evidence/${incident.id}/erlmcp.json`;
const collect = () => handler({ incident, deployments: ['erlmcp'] });
const kept = () => ledger.read<Evidence>(key);
const lines = (count: number, text: (line: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index + 1)).join('\n');

beforeAll(async () => {
  kubernetes = await loopbackNamespace();
});
afterAll(() => kubernetes.close());
beforeEach(() => {
  ledger = memoryLedger();
  kubernetes.clear();
  deploy(settings);
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
  addDeployment(kubernetes, 'erlmcp', {
    revisions: [{ image: 'erlmcp:1', pods: 2, ready: 1, waiting: 'CrashLoopBackOff', restarts: 4 }],
  });
  kubernetes.logs.set('erlmcp-hash1-0 main', 'well');
  kubernetes.logs.set('erlmcp-hash1-0 main previous', 'was well');
  kubernetes.logs.set('erlmcp-hash1-1 main', 'starting');
  kubernetes.logs.set('erlmcp-hash1-1 main previous', 'panic: no route to host');
  kubernetes.put('events', {
    metadata: { name: 'e1', uid: '' },
    ...{
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting failed container',
      lastTimestamp: '2026-11-23T12:00:00Z',
      involvedObject: { kind: 'Pod', name: 'erlmcp-hash1-1' },
    },
  });
});

describe('evidence', () => {
  it('is the pods, the events, and the last lines of every container, also of its run before', async () => {
    expect(await collect()).toEqual({
      keys: [key],
      summary: `kept pods, events and 4 logs of erlmcp under evidence/${incident.id}/`,
    });
    expect(kept()).toMatchObject({
      incident: incident.id,
      site: 'primary',
      deployment: 'erlmcp',
      exists: true,
      wanted: 2,
      ready: 1,
      revision: 1,
      pods: [
        {
          name: 'erlmcp-hash1-1',
          node: 'node-1',
          ready: false,
          containers: [{ name: 'main', restarts: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
        },
        { name: 'erlmcp-hash1-0', ready: true },
      ],
      events: ['2026-11-23T12:00:00Z Pod erlmcp-hash1-1 BackOff: Back-off restarting failed container'],
      logs: [
        { pod: 'erlmcp-hash1-1', container: 'main', previous: false, text: 'starting' },
        { pod: 'erlmcp-hash1-1', container: 'main', previous: true, text: 'panic: no route to host' },
        { pod: 'erlmcp-hash1-0', previous: false, text: 'well' },
        { pod: 'erlmcp-hash1-0', previous: true, text: 'was well' },
      ],
    });
  });

  it('has nothing of what the templates hold', async () => {
    await collect();
    expect(JSON.stringify(kept())).not.toContain('hunter2');
  });

  it('is told on the timeline', async () => {
    await collect();
    expect(ledger.record().timeline).toMatchObject([{ actor: 'collect-evidence' }]);
  });

  it('of a deployment that does not exist says so', async () => {
    await handler({ incident, deployments: ['other'] });
    expect(ledger.read(`evidence/${incident.id}/other.json`)).toMatchObject({ exists: false, pods: [] });
  });

  it('of several deployments is one object each', async () => {
    addDeployment(kubernetes, 'worker');
    const { keys } = await handler({ incident, deployments: ['erlmcp', 'worker'] });
    expect(keys).toEqual([key, `evidence/${incident.id}/worker.json`]);
  });

  it('has the logs of the five worst pods only, and of no run before where there was none', async () => {
    addDeployment(kubernetes, 'erlmcp', {
      wanted: 9,
      revisions: [
        { image: 'erlmcp:1', pods: 8, ready: 8 },
        { image: 'erlmcp:2', pods: 1, waiting: 'CrashLoopBackOff', restarts: 2 },
      ],
    });
    await collect();
    const { logs } = kept();
    expect(logs).toHaveLength(6);
    expect(logs.slice(0, 2).map(({ pod }) => pod)).toEqual(['erlmcp-hash2-0', 'erlmcp-hash2-0']);
  });
});

describe('a log', () => {
  it('is its last lines, at most so many', async () => {
    kubernetes.logs.set(
      'erlmcp-hash1-1 main',
      lines(200, (line) => `line ${line}`),
    );
    await collect();
    const text = kept().logs[0]?.text?.split('\n') ?? [];
    expect(text).toHaveLength(64);
    expect(text.at(-1)).toBe('line 200');
  });

  it.each([60, 400, 3_000])('of lines of %i bytes is its end, within so many bytes', async (length) => {
    kubernetes.logs.set(
      'erlmcp-hash1-1 main',
      lines(100, (line) => `${'x'.repeat(length)} ${line}`),
    );
    await collect();
    const text = kept().logs[0]?.text ?? '';
    expect(text).toMatch(/ 100$/);
    expect(text.length).toBeLessThanOrEqual(1_000);
  });

  it('of one endless line is what the API gives of it, within so many bytes', async () => {
    kubernetes.logs.set('erlmcp-hash1-1 main', 'x'.repeat(100_000));
    await collect();
    expect(kept().logs[0]?.text).toHaveLength(1_000);
  });

  it('that is not to be had is kept as that, and stops nothing', async () => {
    kubernetes.refusals.set('GET log erlmcp-hash1-1', 502);
    const { summary } = await collect();
    expect(summary).toContain('2 logs of erlmcp');
    expect(summary).toContain('2 logs could not be had');
    expect(kept().logs[0]).toMatchObject({ pod: 'erlmcp-hash1-1', text: null });
    expect(kept().logs[0]?.why).toContain('502');
    expect(kept().logs[2]).toMatchObject({ text: 'well' });
  });

  it('that the function may not read is kept as that', async () => {
    kubernetes.refusals.set('GET log erlmcp-hash1-1', 403);
    await collect();
    expect(kept().logs[0]?.why).toContain('does not allow it');
  });

  it('of a container that has not run is kept as none', async () => {
    kubernetes.logs.delete('erlmcp-hash1-1 main');
    await collect();
    expect(kept().logs[0]).toEqual({
      pod: 'erlmcp-hash1-1',
      container: 'main',
      previous: false,
      text: null,
      why: 'there is none',
    });
  });
});

describe('a second try', () => {
  it('after the restart does not take away what the first one had', async () => {
    await collect();
    const first = kept();
    kubernetes.clear();
    addDeployment(kubernetes, 'erlmcp');
    await collect();
    expect(kept()).toEqual(first);
    expect(ledger.record().timeline).toHaveLength(1);
  });

  it('that has more takes the place of the first one', async () => {
    kubernetes.refusals.set('GET log erlmcp-hash1-1', 503);
    await collect();
    kubernetes.refusals.clear();
    await collect();
    expect(kept().logs.every(({ text }) => text !== null)).toBe(true);
  });
});
