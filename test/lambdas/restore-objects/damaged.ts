import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { exported } from '../../../lambdas/configuration/cluster-objects.ts';
import type { ClusterExport, ExportedObject, RestorePlan } from '../../../lambdas/configuration/contract.ts';
import { exportHash } from '../../../lambdas/configuration/export-hash.ts';
import type { IncidentRef } from '../../../lambdas/incident/contract.ts';
import type { Output, Settings } from '../../../lambdas/restore-objects/contract.ts';
import { handler } from '../../../lambdas/restore-objects/handler.ts';
import { loopbackObjects, type LoopbackObjects } from '../loopback-objects.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

export const settings: Settings = {
  environment: 'dev',
  site: 'primary',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  exportsBucket: 'exports',
  exportsRegion: 'eu-central-1',
  cluster: { region: 'eu-west-1', name: 'erlmcp-primary', namespace: 'erlmcp' },
  exclude: ['scratch'],
};

export const exportKey = 'exports/primary/2026-11-23T10-00-00Z.json';
export const plan: RestorePlan = {
  id: incident.id,
  site: 'primary',
  recoveryPoint: '2026-11-23T11:00:00.000Z',
  exportKey,
  snapshot: `before-${incident.id}`,
};
export const planFile = `restores/${plan.id}/cluster.json`;
export const snapshotFile = `snapshots/${plan.snapshot}.json`;
export const good = Buffer.from('hunter2 is no password').toString('base64');
export const bad = Buffer.from('swordfish is no password').toString('base64');

export interface Damaged {
  kubernetes: LoopbackObjects;
  ledger: MemoryLedger;
}

const object = (name: string, content: object, labels?: Record<string, string>): ExportedObject => ({
  metadata: { name, ...(labels && { labels }) },
  content: { ...content },
});

/** A cluster in which a bad deploy overwrote, deleted and added objects, and the export from before it. */
export function damagedCluster(): Damaged {
  const eks = mockClient(EKSClient);
  const world = {} as Damaged;
  beforeAll(async () => {
    world.kubernetes = await loopbackObjects();
  });
  afterAll(() => world.kubernetes.close());
  afterEach(() => {
    vi.restoreAllMocks();
  });
  beforeEach(() => {
    world.ledger = memoryLedger();
    deploy(settings);
    world.kubernetes.reset();
    eks.reset();
    eks.on(DescribeClusterCommand).resolves({ cluster: world.kubernetes.cluster });
    keep(
      world,
      exportKey,
      [
        object('erlmcp', { data: { pool: '10' } }, { app: 'erlmcp' }),
        object('limits', { data: { cpu: '2' } }),
        object('same', { data: { a: '1' } }),
      ],
      [object('erlmcp-keys', { type: 'Opaque', data: { token: good } })],
    );
    configMap(world, 'erlmcp');
    configMap(world, 'same', { data: { a: '1' } });
    configMap(world, 'extra');
    configMap(world, 'scratch');
    world.kubernetes.put('secrets', 'erlmcp-keys', { type: 'Opaque', data: { token: bad } });
    snapshot(world);
  });
  return world;
}

/** What export-objects does before a plan is made. */
export function snapshot(world: Damaged): void {
  const of = (plural: string) =>
    [...world.kubernetes.objects].flatMap(([key, each]) =>
      key.startsWith(`${plural}/`) ? [exported(each)] : [],
    );
  keep(world, snapshotFile, of('configmaps'), of('secrets'));
}

function keep(
  { ledger }: Damaged,
  key: string,
  configMaps: readonly ExportedObject[],
  secrets: readonly ExportedObject[],
): void {
  const leftOut = ['ConfigMap adopted'];
  const objects = { configMaps, secrets, deployments: [], leftOut };
  const content = { site: 'primary', namespace: 'erlmcp', ...objects } as const;
  const kept: ClusterExport = { at: '2026-11-23T10:00:00.000Z', ...content, hash: exportHash(content) };
  ledger.write(key, kept);
}

export function configMap(
  { kubernetes }: Damaged,
  name: string,
  content: object = { data: { pool: '99' } },
): void {
  kubernetes.put('configmaps', name, content);
}

export function run(phase: 'plan' | 'apply' | 'verify', by: IncidentRef = incident): Promise<Output> {
  return handler({ incident: by, plan, phase });
}
