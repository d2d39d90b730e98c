import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RestorePlan } from '../../../lambdas/configuration/contract.ts';
import { handler as exportObjects } from '../../../lambdas/export-objects/handler.ts';
import { handler as restoreObjects } from '../../../lambdas/restore-objects/handler.ts';
import { role, startWorld, type World } from '../../drill/world/kubernetes/world.ts';
import { deploy, incident, memoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let world: World;

/** What the access entry of the functions has. */
const access = {
  username: 'lifeboat',
  groups: [],
  policies: [
    {
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
      namespaces: ['erlmcp'],
    },
  ],
};
/** An endpoint is remembered by its cluster's name: each test has a cluster of its own. */
let clusters = 0;
const settings = () => ({
  environment: 'dev',
  site: 'standby',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  exportsBucket: 'exports',
  exportsRegion: 'eu-central-1',
  cluster: { region: 'eu-central-1', name: `erlmcp-${clusters}`, namespace: 'erlmcp' },
  exclude: [],
  deployments: ['erlmcp'],
});
const place = '/api/v1/namespaces/erlmcp';
const token = Buffer.from('hunter2').toString('base64');

type Written = 'configmaps' | 'secrets';
const object = (plural: Written, name: string, content: object) => ({
  apiVersion: 'v1',
  kind: plural === 'secrets' ? 'Secret' : 'ConfigMap',
  metadata: { name },
  ...content,
});
const create = (plural: Written, name: string, content: object) =>
  world.call('POST', `${place}/${plural}`, { body: object(plural, name, content), type: 'application/json' });
const remove = (plural: Written, name: string) => world.call('DELETE', `${place}/${plural}/${name}`);
const replace = async (plural: Written, name: string, content: object) => {
  await remove(plural, name);
  await create(plural, name, content);
};

/** All that somebody has written, and nothing of the server. */
async function contents(): Promise<unknown> {
  const lists = await Promise.all(
    (['configmaps', 'secrets'] as const).map((plural) => world.call('GET', `${place}/${plural}`)),
  );
  return lists.map(({ body }) =>
    (body as { items: { metadata: { name: string; labels?: object }; data?: object }[] }).items
      .map(({ metadata: { name, labels }, ...each }) => ({ ...each, name, labels }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  );
}

beforeEach(async () => {
  clusters += 1;
  world = await startWorld({
    name: settings().cluster.name,
    access,
    principalOf: (key) => (key === 'AKIDEXAMPLE' ? { kind: 'role', arn: role, name: 'lifeboat' } : undefined),
    secretOf: () => 'not-a-secret',
  });
  memoryLedger();
  deploy(settings());
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({
    cluster: {
      status: 'ACTIVE',
      endpoint: world.cluster.url,
      certificateAuthority: { data: world.cluster.caData },
    },
  });
});

describe('a namespace of a cluster', () => {
  it('that a bad deploy has spoilt is byte for byte as it was, whatever is immutable', async () => {
    await create('configmaps', 'erlmcp', { data: { pool: '10' }, binaryData: { logo: token } });
    await create('configmaps', 'limits', { immutable: true, data: { cpu: '2' } });
    await create('secrets', 'keys', { type: 'Opaque', data: { token } });
    await create('secrets', 'fixed', { type: 'Opaque', immutable: true, data: { token } });
    for (let index = 0; index < 130; index++)
      await create('configmaps', `many-${index}`, { data: { a: '1' } });
    const before = await contents();
    const { key: exportKey } = await exportObjects({});

    await replace('configmaps', 'erlmcp', { data: { pool: '99' } });
    await replace('configmaps', 'limits', { immutable: true, data: { cpu: '64' } });
    await replace('secrets', 'keys', { type: 'Opaque', data: { token: 'c3dvcmRmaXNo' } });
    await remove('secrets', 'fixed');
    await create('secrets', 'extra', { type: 'Opaque', data: { token } });
    const plan: RestorePlan = {
      id: incident.id,
      site: 'standby',
      recoveryPoint: new Date().toISOString(),
      exportKey,
      snapshot: `before-${incident.id}`,
    };
    await exportObjects({ snapshot: plan.snapshot });
    await restoreObjects({ incident, plan, phase: 'plan' });
    expect(await restoreObjects({ incident, plan, phase: 'apply' })).toMatchObject({
      status: 'changed',
      conflicts: [],
      totals: {
        bringBack: ['Secret fixed'],
        overwrite: ['ConfigMap erlmcp', 'ConfigMap limits', 'Secret keys'],
        remove: ['Secret extra'],
        problems: [],
      },
    });
    expect(await contents()).toEqual(before);
    expect(await restoreObjects({ incident, plan, phase: 'verify' })).toMatchObject({
      status: 'already-there',
    });
  });

  it('that is not there is refused', async () => {
    deploy({ ...settings(), cluster: { ...settings().cluster, namespace: 'default' } });
    await expect(exportObjects({})).rejects.toThrow('403');
    await world.call('DELETE', '/api/v1/namespaces/erlmcp');
    deploy(settings());
    await expect(exportObjects({})).rejects.toMatchObject({ name: 'UnsafePlan' });
  });
});
