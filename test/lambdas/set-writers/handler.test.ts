import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IncidentRef } from '../../../lambdas/incident/contract.ts';
import type { Settings } from '../../../lambdas/set-writers/contract.ts';
import { handler } from '../../../lambdas/set-writers/handler.ts';
import { loopbackKubernetes, type LoopbackKubernetes } from '../loopback-kubernetes.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackKubernetes;
let ledger: MemoryLedger;

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  site: 'primary',
  writers: {
    region: 'eu-west-1',
    name: 'erlmcp-primary',
    namespace: 'erlmcp',
    deployments: [{ name: 'erlmcp' }, { name: 'worker' }],
  },
};

const set = (name: string, replicas: number, ready = replicas, pods = ready) =>
  kubernetes.deployments.set(name, { replicas, ready, pods, generation: 1, observed: 1 });
const counts = () => [...kubernetes.deployments].map(([name, { replicas }]) => `${name} ${replicas}`);
const later: IncidentRef = { ...incident, id: 'dev-20261123-140000', epoch: incident.epoch + 1 };

/** The lock passes on, and there is a record of the next incident. */
function handOver(): void {
  ledger.write('lock.json', {
    ...ledger.read<object>('lock.json'),
    epoch: later.epoch,
    incidentId: later.id,
  });
  ledger.write(`incidents/${later.id}.json`, { ...ledger.record(), ref: later, preImages: {}, steps: [] });
}

beforeAll(async () => {
  kubernetes = await loopbackKubernetes();
});
afterAll(() => kubernetes.close());
beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  kubernetes.deployments.clear();
  kubernetes.refusals.clear();
  kubernetes.writes.length = 0;
  set('erlmcp', 3);
  set('worker', 2);
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
});

describe('stopping the writers', () => {
  it('remembers how many there were, and is done when no pod is left', async () => {
    expect(await handler({ incident, want: 'stopped' })).toMatchObject({ status: 'changed', done: false });
    expect(counts()).toEqual(['erlmcp 0', 'worker 0']);
    expect(ledger.read('writers/primary.json')).toMatchObject({
      incident: incident.id,
      replicas: { erlmcp: 3, worker: 2 },
    });
    expect(await handler({ incident, want: 'stopped' })).toMatchObject({
      status: 'already-there',
      done: false,
    });
    set('erlmcp', 0);
    set('worker', 0);
    expect(await handler({ incident, want: 'stopped' })).toMatchObject({
      status: 'already-there',
      done: true,
    });
    expect(ledger.record().steps).toHaveLength(1);
  });

  it('by the next incident remembers what the first one found', async () => {
    await handler({ incident, want: 'stopped' });
    set('erlmcp', 0);
    set('worker', 0);
    handOver();
    expect(await handler({ incident: later, want: 'stopped' })).toMatchObject({ done: true });
    await handler({ incident: later, want: 'running' });
    expect(counts()).toEqual(['erlmcp 3', 'worker 0']);
  });

  it('changes nothing in a plan', async () => {
    expect(await handler({ incident: planOnly, want: 'stopped' })).toMatchObject({
      status: 'planned',
      done: true,
    });
    expect(kubernetes.writes).toEqual([]);
    expect(ledger.objects.has('writers/primary.json')).toBe(false);
  });

  it('is refused to an incident that has lost the lock', async () => {
    handOver();
    await expect(handler({ incident, want: 'stopped' })).rejects.toMatchObject({ name: 'LockLost' });
    expect(kubernetes.writes).toEqual([]);
  });
});

describe('starting the writers', () => {
  beforeEach(async () => {
    await handler({ incident, want: 'stopped' });
    set('erlmcp', 0);
    set('worker', 0);
    kubernetes.writes.length = 0;
  });

  it('goes one after the other, each when the one before it is ready', async () => {
    expect(await handler({ incident, want: 'running' })).toMatchObject({ status: 'changed', done: false });
    expect(counts()).toEqual(['erlmcp 3', 'worker 0']);
    set('erlmcp', 3, 1);
    expect(await handler({ incident, want: 'running' })).toMatchObject({
      status: 'already-there',
      done: false,
    });
    expect(counts()).toEqual(['erlmcp 3', 'worker 0']);
    set('erlmcp', 3, 3);
    await handler({ incident, want: 'running' });
    expect(counts()).toEqual(['erlmcp 3', 'worker 2']);
    set('worker', 2, 2);
    expect(await handler({ incident, want: 'running' })).toMatchObject({ done: true });
    expect(ledger.read('writers/primary.json')).toHaveProperty('restoredAt');
  });

  it('leaves a count alone that a person has set meanwhile', async () => {
    set('erlmcp', 1);
    await handler({ incident, want: 'running' });
    expect(counts()).toEqual(['erlmcp 1', 'worker 2']);
  });

  it('starts nothing that did not run before', async () => {
    ledger.write('writers/primary.json', {
      incident: incident.id,
      at: '',
      replicas: { erlmcp: 0, worker: 0 },
    });
    expect(await handler({ incident, want: 'running' })).toMatchObject({
      status: 'already-there',
      done: true,
    });
    expect(kubernetes.writes).toEqual([]);
  });
});
