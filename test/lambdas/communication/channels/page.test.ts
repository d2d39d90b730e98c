import { mockClient } from 'aws-sdk-client-mock';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { sendToPage, writeFirstPage } from '../../../../lambdas/communication/channels/page.ts';
import type { Content, Delivery } from '../../../../lambdas/communication/contract.ts';
import type { History } from '../../../../lambdas/communication/page/history.ts';
import type { IncidentRecord, NoticeKind } from '../../../../lambdas/incident/contract.ts';
import { awsError, deploy, incident } from '../../memory-ledger.ts';
import { openRecord, start } from '../routing.ts';

const about = { application: 'erlmcp', publicName: 'erlmcp.company.com' };
const s3 = mockClient(S3Client);
let files: Map<string, { text: string; etag: string; type: string | undefined }>;
let version = 0;
/** What somebody else does just after the page was written. */
let meanwhile: (() => void) | undefined;

beforeEach(() => {
  deploy({});
  files = new Map();
  meanwhile = undefined;
  s3.reset();
  s3.on(GetObjectCommand).callsFake(({ Key }: { Key: string }) => {
    const found = files.get(Key);
    if (!found) throw awsError('NoSuchKey', 'no such key', 404);
    return { ETag: found.etag, Body: { transformToString: () => Promise.resolve(found.text) } };
  });
  s3.on(PutObjectCommand).callsFake(
    (put: { Key: string; Body: string; ContentType?: string; IfMatch?: string; IfNoneMatch?: string }) => {
      const found = files.get(put.Key);
      if ((put.IfNoneMatch && found) || (put.IfMatch !== undefined && put.IfMatch !== found?.etag)) {
        throw awsError('PreconditionFailed', 'no', 412);
      }
      files.set(put.Key, { text: put.Body, etag: `"${++version}"`, type: put.ContentType });
      if (put.Key === 'index.html') {
        const then = meanwhile;
        meanwhile = undefined;
        then?.();
      }
      return { ETag: files.get(put.Key)?.etag };
    },
  );
});

const history = () => JSON.parse(files.get('history.json')?.text ?? 'null') as History;
const page = () => files.get('index.html')?.text ?? '';

function delivery(
  kind: NoticeKind,
  key: string,
  changes: Partial<IncidentRecord> = {},
  text = 'It is being restored.',
): Delivery {
  const content: Content = {
    subject: 'erlmcp: service interruption',
    short: '',
    facts: [],
    sections: [{ title: kind === 'recovered' ? 'Resolution' : 'Current status', body: text }],
    links: [],
    tone: 'trouble',
  };
  return {
    incident,
    record: openRecord({}, changes),
    message: { kind, channel: 'page', audience: 'public', key, content },
    now: start + 90_000,
  };
}
const send = (each: Delivery) => sendToPage({ bucket: 'status' }, about)(each, new AbortController().signal);

describe('our own status page', () => {
  it('says that all is well before there is anything else to say, once', async () => {
    expect(await writeFirstPage('status', about)).toBe(true);
    expect(page()).toContain('All is well');
    expect(files.get('index.html')?.type).toBe('text/html; charset=utf-8');
    expect(await writeFirstPage('status', about)).toBe(false);
  });

  it('shows an open incident, its updates newest first, and that it is over', async () => {
    await send(delivery('opened', 'opened'));
    expect(page()).toContain('We are looking into a possible problem');
    await send(delivery('update', 'update 1', { confirmedAt: incident.startedAt }, 'Still at it.'));
    expect(page()).toContain('There is a problem');
    expect(page().indexOf('Still at it.')).toBeLessThan(page().indexOf('It is being restored.'));
    expect(page()).toContain('http-equiv="refresh"');
    await send(delivery('recovered', 'recovered', {}, 'It is back.'));
    expect(page()).toContain('All is well');
    expect(page()).not.toContain('http-equiv="refresh"');
    expect(history().incidents[0]).toMatchObject({ resolvedAt: '2026-11-23T12:04:35.000Z' });
  });

  it('says nothing twice when it is told twice', async () => {
    await send(delivery('opened', 'opened'));
    await send(delivery('opened', 'opened'));
    expect(history().incidents).toHaveLength(1);
    expect(history().incidents[0]?.updates).toHaveLength(1);
  });

  it('is written again when somebody else has changed its history meanwhile', async () => {
    meanwhile = () => {
      const { incidents } = history();
      const other = { ...incidents[0]!, id: 'other', title: 'Another trouble' };
      files.set('history.json', {
        text: JSON.stringify({ incidents: [other, ...incidents] }),
        etag: '"other"',
        type: undefined,
      });
    };
    await send(delivery('opened', 'opened'));
    expect(page()).toContain('Another trouble');
  });

  it('runs nothing of what it is told', async () => {
    await send(delivery('opened', 'opened', {}, '<script>alert(1)</script> & "more"'));
    expect(page()).not.toContain('<script>');
    expect(page()).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
  });

  it('says that it may pass when S3 is slow, and that it does not when it is forbidden', async () => {
    s3.on(GetObjectCommand).rejects(awsError('SlowDown', 'slow', 503));
    await expect(send(delivery('opened', 'opened'))).rejects.toMatchObject({
      name: 'ChannelFailure',
      again: true,
    });
    s3.on(GetObjectCommand).rejects(awsError('AccessDenied', 'no', 403));
    await expect(send(delivery('opened', 'opened'))).rejects.toMatchObject({ again: false });
  });
});
