import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterExport, ExportState } from '../../../lambdas/configuration/contract.ts';
import type { Settings } from '../../../lambdas/export-objects/contract.ts';
import { handler } from '../../../lambdas/export-objects/handler.ts';
import { loopbackObjects, type LoopbackObjects } from '../loopback-objects.ts';
import { awsError, deploy, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackObjects;
let ledger: MemoryLedger;

const settings: Settings = {
  environment: 'dev',
  site: 'primary',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  exportsBucket: 'exports',
  exportsRegion: 'eu-central-1',
  cluster: { region: 'eu-west-1', name: 'erlmcp-primary', namespace: 'erlmcp' },
  exclude: ['scratch'],
  deployments: ['erlmcp', 'worker'],
};
const secret = Buffer.from('hunter2 is no password').toString('base64');

const state = () => ledger.read<ExportState>('exports/primary.json');
const newest = () => ledger.read<ClusterExport>(state().latest.key);
const exportsWritten = () => ledger.written.filter((key) => key.startsWith('exports/primary/'));
const names = (objects: ClusterExport['secrets']) => objects.map(({ metadata }) => metadata.name);

beforeAll(async () => {
  kubernetes = await loopbackObjects();
});
afterAll(() => kubernetes.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T10:00:00.200Z') });
  ledger = memoryLedger();
  deploy(settings);
  kubernetes.reset();
  kubernetes.put('configmaps', 'erlmcp', { metadata: { labels: { app: 'erlmcp' } }, data: { pool: '10' } });
  kubernetes.put('secrets', 'erlmcp-keys', { type: 'Opaque', data: { token: secret } });
  kubernetes.put('deployments', 'erlmcp', { spec: { replicas: 3 }, status: { readyReplicas: 3 } });
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an export', () => {
  it('holds what somebody wrote, and nothing that the server adds', async () => {
    const output = await handler({});
    expect(output).toMatchObject({ status: 'changed', key: 'exports/primary/2026-11-23T10-00-01Z.json' });
    expect(ledger.read(output.key)).toEqual({
      at: '2026-11-23T10:00:01.000Z',
      site: 'primary',
      namespace: 'erlmcp',
      configMaps: [
        { metadata: { name: 'erlmcp', labels: { app: 'erlmcp' } }, content: { data: { pool: '10' } } },
      ],
      secrets: [{ metadata: { name: 'erlmcp-keys' }, content: { type: 'Opaque', data: { token: secret } } }],
      deployments: [{ metadata: { name: 'erlmcp' }, content: { spec: { replicas: 3 } } }],
      leftOut: [],
      hash: output.state.latest.hash,
    });
    expect(state()).toEqual(output.state);
  });

  it('leaves out what Kubernetes and controllers make, and what the environment excludes', async () => {
    const owned = { metadata: { ownerReferences: [{ kind: 'ExternalSecret', name: 'x', uid: '1' }] } };
    const leader = { metadata: { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } } };
    kubernetes.put('configmaps', 'kube-root-ca.crt', { data: { 'ca.crt': 'x' } });
    kubernetes.put('configmaps', 'controller-leader', leader);
    kubernetes.put('configmaps', 'scratch');
    kubernetes.put('secrets', 'default-token', { type: 'kubernetes.io/service-account-token' });
    kubernetes.put('secrets', 'sh.helm.release.v1.erlmcp.v3', { type: 'helm.sh/release.v1' });
    kubernetes.put('secrets', 'made', owned);
    await handler({});
    expect(names(newest().configMaps)).toEqual(['erlmcp']);
    expect(names(newest().secrets)).toEqual(['erlmcp-keys']);
    expect(newest().leftOut).toEqual([
      ...['ConfigMap controller-leader', 'ConfigMap kube-root-ca.crt', 'ConfigMap scratch'],
      ...['Secret default-token', 'Secret made', 'Secret sh.helm.release.v1.erlmcp.v3'],
    ]);
  });

  it('of some thousand objects is read page by page, in order of their names', async () => {
    for (let index = 3_000; index > 0; index--) {
      kubernetes.put('configmaps', `c-${String(index).padStart(4, '0')}`, { data: { index: String(index) } });
    }
    await handler({});
    const exported = names(newest().configMaps);
    expect(exported).toHaveLength(3_001);
    expect(exported).toEqual(exported.toSorted());
    expect(kubernetes.calls.filter(({ call }) => call === 'GET configmaps')).toHaveLength(31);
  });

  it('is written only when something has changed; that it was looked for always', async () => {
    await handler({});
    vi.setSystemTime(new Date('2026-11-23T10:01:00.000Z'));
    expect(await handler({})).toMatchObject({
      status: 'already-there',
      key: 'exports/primary/2026-11-23T10-00-01Z.json',
    });
    expect(exportsWritten()).toHaveLength(1);
    expect(state().checkedAt).toBe('2026-11-23T10:01:00.000Z');
    kubernetes.put('secrets', 'erlmcp-keys', { type: 'Opaque', data: { token: 'b3RoZXI=' } });
    vi.setSystemTime(new Date('2026-11-23T10:02:00.000Z'));
    expect(await handler({})).toMatchObject({ key: 'exports/primary/2026-11-23T10-02-00Z.json' });
  });

  it('is not written when an autoscaler or a rollout has changed a deployment, and is when a person has', async () => {
    await handler({});
    const annotations = { 'deployment.kubernetes.io/revision': '2' };
    kubernetes.put('deployments', 'erlmcp', { metadata: { annotations }, spec: { replicas: 9 } });
    await handler({});
    expect(exportsWritten()).toHaveLength(1);
    kubernetes.put('deployments', 'erlmcp', { spec: { replicas: 9, paused: true } });
    vi.setSystemTime(new Date('2026-11-23T10:05:00Z'));
    await handler({});
    expect(exportsWritten()).toHaveLength(2);
  });

  it('is written once a day all the same', async () => {
    await handler({});
    vi.setSystemTime(new Date('2026-11-24T10:00:02Z'));
    expect(await handler({})).toMatchObject({ status: 'changed' });
  });

  it('of the same second as one that holds something else is of the next', async () => {
    await handler({});
    ledger.objects.delete('exports/primary.json');
    expect(await handler({})).toMatchObject({ status: 'already-there' });
    kubernetes.put('configmaps', 'erlmcp', { data: { pool: '11' } });
    expect(await handler({})).toMatchObject({ key: 'exports/primary/2026-11-23T10-00-02Z.json' });
    expect(newest()).toMatchObject({ at: '2026-11-23T10:00:02.000Z' });
    expect(exportsWritten()).toHaveLength(2);
  });

  it('that meets others second after second is told to try again', async () => {
    for (let second = 1; second <= 5; second++) {
      ledger.write(`exports/primary/2026-11-23T10-00-0${second}Z.json`, { hash: '' });
    }
    await expect(handler({})).rejects.toMatchObject({ name: 'TryAgain' });
  });

  it.each([null, 'Terminating'] as const)('of a namespace that is %s is refused', async (phase) => {
    kubernetes.namespace = phase;
    await expect(handler({})).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('the namespace erlmcp of cluster erlmcp-primary'),
    });
    expect(ledger.written).toEqual([]);
  });

  it('into a bucket whose key is denied says what to grant', async () => {
    mockClient(S3Client)
      .on(PutObjectCommand)
      .rejects(awsError('AccessDenied', 'kms:GenerateDataKey', 403));
    await expect(handler({ snapshot: 'one' })).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(/could not write snapshots\/one.json to exports: .*KMS key/),
    });
  });
});

describe('a snapshot', () => {
  it('is what is there now, under its name', async () => {
    const output = await handler({ snapshot: 'before-release-1.2' });
    expect(output).toMatchObject({ status: 'changed', key: 'snapshots/before-release-1.2.json' });
    expect(ledger.read<ClusterExport>(output.key).hash).toBe(output.state.latest.hash);
  });

  it('that exists is left as it is, and reported', async () => {
    await handler({ snapshot: 'one' });
    const standing = ledger.read('snapshots/one.json');
    kubernetes.put('configmaps', 'erlmcp', { data: { pool: '11' } });
    vi.setSystemTime(new Date('2026-11-23T11:00:00Z'));
    const output = await handler({ snapshot: 'one' });
    expect(output).toMatchObject({
      status: 'already-there',
      summary: 'there is a snapshot one already, of 2026-11-23 10:00:01 UTC: it was left as it is',
    });
    expect(ledger.read('snapshots/one.json')).toEqual(standing);
    expect(newest().configMaps[0]?.content).toEqual({ data: { pool: '11' } });
  });

  it.each(['', '../lock', 'Before', '-a', 'a'.repeat(64), 'a b', 7 as unknown as string])(
    'called %j is refused with what is allowed',
    async (snapshot) => {
      await expect(handler({ snapshot })).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringContaining('allowed: 1 to 63 lower case letters, digits, - and .'),
      });
      expect(kubernetes.calls).toEqual([]);
    },
  );
});

it('says nothing of what a Secret holds, in its output or its log', async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  const outputs = [await handler({}), await handler({ snapshot: 'one' }), await handler({ snapshot: 'one' })];
  write.mockRestore();
  expect(lines).toHaveLength(3);
  for (const text of [...lines, JSON.stringify(outputs), JSON.stringify(state())]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain('hunter2');
  }
});
