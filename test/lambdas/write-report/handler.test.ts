import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { mockClient } from 'aws-sdk-client-mock';
import type { IncidentRecord } from '../../../lambdas/incident/contract.ts';
import { handler } from '../../../lambdas/write-report/handler.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const key = `incidents/${incident.id}.json`;
const report = (name: string) => `reports/${incident.id}/${name}`;
let ledger: MemoryLedger;
const textOf = (name: string) => ledger.objects.get(report(name))?.text ?? '';

beforeEach(() => {
  deploy({
    environment: 'dev',
    ledgerBucket: 'ledger',
    application: 'erlmcp',
    publicName: 'erlmcp.company.com',
  });
  ledger = memoryLedger();
  const closed: IncidentRecord = {
    ...ledger.record(),
    state: 'closed',
    outcome: 'recovered',
    closedAt: '2026-11-23T12:15:05.000Z',
    summary: 'The standby serves the users.',
    timeline: [{ at: '2026-11-23T12:04:00.000Z', actor: 'assess-primary', event: 'the primary is down' }],
  };
  ledger.write(key, closed);
});

it('writes the report in both forms and the checklist, and says on the record where they are', async () => {
  const keys = {
    html: report('report.html'),
    markdown: report('report.md'),
    checklist: report('checklist.md'),
  };
  expect(await handler({ incident })).toEqual(keys);
  expect(ledger.record().report).toEqual(keys);
  expect(textOf('report.html')).toMatch(/^<!doctype html>[^]*The standby serves the users\./);
  expect(textOf('report.md')).toMatch(/^# [^]*The standby serves the users\\?\./);
  expect(textOf('checklist.md')).toMatch(/^# Checklist/);
});

it('gives each its content type', async () => {
  const types: Record<string, unknown> = {};
  const text = JSON.stringify(ledger.record());
  const s3 = mockClient(S3Client);
  s3.on(GetObjectCommand).callsFake(() => ({
    ETag: '"1"',
    Body: { transformToString: () => Promise.resolve(text) },
  }));
  s3.on(PutObjectCommand).callsFake(({ Key, ContentType }: { Key: string; ContentType: string }) => {
    types[Key] = ContentType;
    return { ETag: '"2"' };
  });
  await handler({ incident });
  expect(types).toMatchObject({
    [report('report.html')]: 'text/html; charset=utf-8',
    [report('report.md')]: 'text/markdown; charset=utf-8',
    [report('checklist.md')]: 'text/markdown; charset=utf-8',
  });
});

it('changes the record once, however often it is run', async () => {
  const first = await handler({ incident });
  const after = ledger.objects.get(key)?.etag;
  expect(await handler({ incident })).toEqual(first);
  expect(ledger.objects.get(key)?.etag).toBe(after);
});

it('says again what has come since', async () => {
  await handler({ incident });
  ledger.write(key, {
    ...ledger.record(),
    notices: [
      {
        at: '2026-11-23T12:16:00.000Z',
        kind: 'recovered',
        channel: 'partnerpost',
        audience: 'partners',
        subject: 'It is over',
        delivered: true,
      },
    ],
  });
  expect(textOf('report.md')).not.toContain('partnerpost');
  await handler({ incident });
  expect(textOf('report.md')).toContain('partnerpost');
});

describe('what does not work', () => {
  it('is tried again when it passes by itself, and the record names no report that is not there', async () => {
    mockS3Put(awsError('SlowDown', 'slow down', 503));
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'TryAgain' });
    expect(ledger.record().report).toBeUndefined();
  });

  it('is said as it is when it does not', async () => {
    mockS3Put(awsError('AccessDenied', 'no', 403));
    await expect(handler({ incident })).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(ledger.record().report).toBeUndefined();
  });

  it('names an incident that the ledger does not have', async () => {
    await expect(handler({ incident: { ...incident, id: 'dev-none' } })).rejects.toThrow(
      'the ledger has no incident dev-none',
    );
  });
});

/** Reports cannot be written; the record can. */
function mockS3Put(error: Error): void {
  ledger.objects.set = ((set) => (name: string, stored: { text: string; etag: string }) => {
    if (name.startsWith('reports/')) throw error;
    return set(name, stored);
  })(ledger.objects.set.bind(ledger.objects));
}
