import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Drift, Settings } from '../../../lambdas/compare-sites/contract.ts';
import { handler } from '../../../lambdas/compare-sites/handler.ts';
import type { ClusterExport, ExportedObject, ExportState } from '../../../lambdas/configuration/contract.ts';
import { exportHash } from '../../../lambdas/configuration/export-hash.ts';
import type { Site } from '../../../lambdas/incident/contract.ts';
import { awsError, deploy, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const cloudwatch = mockClient(CloudWatchClient);
let ledger: MemoryLedger;
let s3: ReturnType<typeof mockS3>;

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  region: 'eu-central-1',
  exportsBucket: 'exports',
  buckets: [
    {
      name: 'config',
      places: {
        primary: { region: 'eu-west-1', bucket: 'config-primary' },
        standby: { region: 'eu-central-1', bucket: 'config-standby' },
      },
      prefixes: ['app/'],
    },
    {
      name: 'alone',
      places: { primary: { region: 'eu-west-1', bucket: 'alone' } },
      prefixes: [''],
    },
  ],
  differs: ['site-name'],
};

/** The ledger's and the exports' bucket, and, beside it, those of the application. */
function mockS3(objects: MemoryLedger['objects']) {
  const stub = mockClient(S3Client);
  stub.on(GetObjectCommand).callsFake(({ Key }: { Key: string }) => {
    const found = objects.get(Key);
    if (!found) throw awsError('NoSuchKey', 'no such key', 404);
    return { ETag: found.etag, Body: { transformToString: () => Promise.resolve(found.text) } };
  });
  stub.on(PutObjectCommand).callsFake(({ Key, Body }: { Key: string; Body: string }) => {
    objects.set(Key, { text: Body, etag: '"1"' });
    return { ETag: '"1"' };
  });
  return stub;
}

const object = (name: string, content: object): ExportedObject => ({
  metadata: { name },
  content: { ...content },
});
const deployment = (container: object, more: object = {}) =>
  object('erlmcp', {
    spec: { ...more, template: { spec: { containers: [{ name: 'app', ...container }] } } },
  });
const base = {
  configMaps: [
    object('erlmcp', { data: { pool: '10', size: '2' } }),
    object('site-name', { data: { a: 'x' } }),
  ],
  secrets: [object('erlmcp-keys', { type: 'Opaque', data: { token: 'aHVudGVyMg==' } })],
  deployments: [deployment({ image: 'erlmcp:1', env: [{ name: 'DB', value: 'one' }] }, { replicas: 3 })],
};

function exported(
  site: Site,
  objects: Partial<typeof base> = {},
  checkedAt = new Date().toISOString(),
): void {
  const content = { site, namespace: 'erlmcp', leftOut: [], ...base, ...objects };
  const kept: ClusterExport = { at: checkedAt, ...content, hash: exportHash(content) };
  const key = `exports/${site}/now.json`;
  ledger.write(key, kept);
  const state: ExportState = { checkedAt, latest: { key, at: checkedAt, hash: kept.hash } };
  ledger.write(`exports/${site}.json`, state);
}

interface Version {
  readonly Key: string;
  readonly VersionId?: string;
  readonly ETag?: string;
  readonly Size?: number;
  readonly marker?: boolean;
  readonly at?: string;
}

/** Answers as ListObjectVersions does, three keys a page. */
function bucket(name: string, versions: readonly Version[]): void {
  s3.on(ListObjectVersionsCommand, { Bucket: name }).callsFake(
    ({ KeyMarker = '', Prefix = '' }: { KeyMarker?: string; Prefix?: string }) => {
      const left = versions.filter(({ Key }) => Key.startsWith(Prefix) && Key > KeyMarker);
      const page = left.slice(0, 3).map(({ at = '2026-01-01T00:00:00Z', ...each }) => ({
        IsLatest: true,
        VersionId: `v-${each.Key}`,
        ETag: '"e"',
        Size: 5,
        LastModified: new Date(at),
        ...each,
      }));
      const more = left.length > page.length;
      return {
        Versions: page.filter(({ marker }) => marker !== true),
        DeleteMarkers: page.filter(({ marker }) => marker === true),
        IsTruncated: more,
        ...(more && { NextKeyMarker: page.at(-1)?.Key, NextVersionIdMarker: page.at(-1)?.VersionId }),
      };
    },
  );
}

const drift = () => ledger.read<Drift>('drift.json');
const published = () =>
  cloudwatch
    .commandCalls(PutMetricDataCommand)
    .map(({ args }) => args[0].input.MetricData?.map(({ MetricName, Value }) => [MetricName, Value]));

beforeEach(() => {
  ledger = memoryLedger();
  s3 = mockS3(ledger.objects);
  cloudwatch.reset();
  cloudwatch.on(PutMetricDataCommand).resolves({});
  deploy(settings);
  exported('primary');
  exported('standby');
  const same = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => ({ Key: `app/${key}` }));
  bucket('config-primary', same);
  bucket('config-standby', same);
});

describe('the clusters of two sites', () => {
  it('that have the same are alike, whatever is meant to differ', async () => {
    exported('standby', {
      configMaps: [...base.configMaps.slice(0, 1), object('site-name', { data: { a: 'y' } })],
    });
    expect(await handler(null)).toEqual({ alike: true, summary: 'the standby has what the primary has' });
    expect(published()).toEqual([[['SitesAlike', 1]]]);
    expect(drift()).toMatchObject({ differences: [], unknown: [] });
  });

  it('differ by name and member, and no content is told', async () => {
    exported('standby', {
      configMaps: [object('erlmcp', { data: { pool: '11', more: '1', size: '2' } }), object('extra', {})],
      secrets: [object('erlmcp-keys', { type: 'Opaque', data: { token: 'c3dvcmRmaXNo' } })],
      deployments: [],
    });
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((line) => lines.push(String(line)) > 0);
    const output = await handler(null);
    write.mockRestore();
    expect(output).toEqual({
      alike: false,
      summary:
        '4 differences between the sites: ConfigMap erlmcp (differs in data.more, data.pool), ' +
        'ConfigMap extra (only at the standby), Secret erlmcp-keys (differs in data.token), ' +
        'Deployment erlmcp (only at the primary)',
    });
    expect(published()).toEqual([[['SitesAlike', 0]]]);
    expect(drift().differences).toHaveLength(4);
    for (const text of [...lines, JSON.stringify([output, drift()])]) {
      expect(text).not.toMatch(/aHVudGVyMg|c3dvcmRmaXNo/);
    }
  });

  it.each<[string, ExportedObject, string | null]>([
    ['another image', deployment({ image: 'erlmcp:2', env: [{ name: 'DB' }] }), 'containers.app.image'],
    [
      'a variable less and one more',
      deployment({ image: 'erlmcp:1', env: [{ name: 'URL' }] }),
      'containers.app.env.DB, containers.app.env.URL',
    ],
    [
      'other resources',
      deployment({ image: 'erlmcp:1', env: [{ name: 'DB' }], resources: { limits: { cpu: '1' } } }),
      'containers.app.resources',
    ],
    [
      'only other replicas and values of variables',
      deployment({ image: 'erlmcp:1', env: [{ name: 'DB', value: 'two' }] }, { replicas: 1 }),
      null,
    ],
  ])('with %s', async (_, manifest, members) => {
    exported('standby', { deployments: [manifest] });
    await handler(null);
    expect(drift().differences).toEqual(
      members === null ? [] : [{ what: 'Deployment erlmcp', how: `differs in ${members}` }],
    );
  });

  it.each<[string, () => unknown, string]>([
    [
      'nothing was exported yet',
      () => ledger.objects.delete('exports/standby.json'),
      'nothing has been exported of the cluster of the standby yet',
    ],
    [
      'an export has stopped',
      () => exported('standby', {}, '2026-11-23T10:00:00.000Z'),
      'the cluster of the standby was exported last at 2026-11-23 10:00:00 UTC',
    ],
    [
      'an export is gone',
      () => ledger.objects.delete('exports/standby/now.json'),
      'exports/standby/now.json is not in exports any more',
    ],
    [
      'an export is damaged',
      () => ledger.write('exports/standby/now.json', { secrets: 'aHVudGVyMg' }),
      'exports/standby/now.json of exports is damaged',
    ],
  ])('are not known to be alike when %s', async (_, damage, unknown) => {
    damage();
    expect(await handler(null)).toMatchObject({
      alike: 'unknown',
      summary: expect.stringContaining(unknown) as string,
    });
    expect(published()).toEqual([]);
    expect(drift().unknown).toHaveLength(1);
  });
});

describe('a bucket and its replica', () => {
  it('differ by key, over as many pages as there are', async () => {
    bucket('config-standby', [
      { Key: 'app/a' },
      { Key: 'app/aa' },
      { Key: 'app/b', VersionId: 'other', ETag: '"other"' },
      { Key: 'app/c', marker: true },
      { Key: 'app/d', VersionId: 'other' },
      { Key: 'app/e', ETag: '"other"' },
      { Key: 'app/g', VersionId: 'null', Size: 6 },
    ]);
    expect(await handler(null)).toMatchObject({ alike: false });
    expect(drift().differences).toEqual([
      { what: 's3 config/app/aa', how: 'only at the standby' },
      { what: 's3 config/app/b', how: 'differs' },
      { what: 's3 config/app/c', how: 'only at the primary' },
      { what: 's3 config/app/f', how: 'only at the primary' },
      { what: 's3 config/app/g', how: 'differs' },
    ]);
  });

  it('may differ in what is younger than 15 minutes: it is on its way', async () => {
    bucket('config-primary', [{ Key: 'app/a' }, { Key: 'app/new', at: new Date().toISOString() }]);
    bucket('config-standby', [{ Key: 'app/a' }]);
    expect(await handler(null)).toMatchObject({ alike: true });
  });

  it('that does not answer is not compared, and what is known of the clusters counts', async () => {
    s3.on(ListObjectVersionsCommand, { Bucket: 'config-primary' }).rejects(
      awsError('AccessDenied', 'no', 403),
    );
    expect(await handler(null)).toEqual({
      alike: 'unknown',
      summary: 'not compared: the buckets config-primary and config-standby (AccessDenied: no)',
    });
    exported('standby', { secrets: [] });
    expect(await handler(null)).toMatchObject({
      alike: false,
      summary: expect.stringMatching(/^1 difference .*; not compared: the buckets/) as string,
    });
    expect(published()).toEqual([[['SitesAlike', 0]]]);
  });

  it('are compared as long as there is time, and up to some thousand differences', async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => ({
      Key: `app/${String(index).padStart(5, '0')}`,
    }));
    bucket('config-primary', many);
    bucket('config-standby', many);
    expect(await handler(null, { getRemainingTimeInMillis: () => 10_000 })).toEqual({
      alike: 'unknown',
      summary: 'not compared: config beyond 1000 objects, up to app/00999: the time was up',
    });
    bucket('config-standby', []);
    expect(await handler(null)).toMatchObject({
      alike: false,
      summary: expect.stringContaining('; not compared: config beyond the first 2000 differences') as string,
    });
    expect(drift().differences).toHaveLength(2_000);
  });
});
