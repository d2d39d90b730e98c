import { Route53Client } from '@aws-sdk/client-route-53';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { upsert } from '../../../lambdas/aws/zone.ts';

/** Answers as Route 53 sends them, through the unmodified client: what it makes of them is the SDK's own. */
let server: Server;
let status: number;
let body: string;
let requests: string[];

beforeEach(async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  requests = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      requests.push(text);
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function change() {
  const { port } = server.address() as AddressInfo;
  const client = new Route53Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' },
    maxAttempts: 1,
  });
  const set = {
    Name: 'www.example.com.',
    Type: 'A' as const,
    TTL: 30,
    ResourceRecords: [{ Value: '198.51.100.10' }],
  };
  return upsert(client, 'Z1', [set], 'dev-1');
}

const xmlns = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

describe('a batch', () => {
  it('that Route 53 takes has a change to wait for', async () => {
    status = 200;
    body = `<ChangeResourceRecordSetsResponse ${xmlns}><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-23T12:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>`;
    expect(await change()).toBe('C1');
    expect(requests[0]).toContain('<Comment>dev-1</Comment>');
    expect(requests[0]).toContain('<Action>UPSERT</Action>');
  });

  it.each([
    [
      'wrapped',
      `<ErrorResponse ${xmlns}><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>[Tried to create a bad record]</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
    ],
    [
      'bare',
      `<InvalidChangeBatch ${xmlns}><Messages><Message>Tried to create a bad record</Message></Messages><RequestId>1</RequestId></InvalidChangeBatch>`,
    ],
  ])('that Route 53 refuses, its answer %s, is refused in its words', async (_, xml) => {
    status = 400;
    body = xml;
    await expect(change()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(/InvalidChangeBatch: .*Tried to create a bad record/),
    });
    expect(requests).toHaveLength(1);
  });

  it('that Route 53 throttles is tried four times here, then left for later', async () => {
    status = 400;
    body = `<ErrorResponse ${xmlns}><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
    await expect(change()).rejects.toMatchObject({
      name: 'TryAgain',
      message: expect.stringContaining('Rate exceeded'),
    });
    expect(requests).toHaveLength(4);
  });
});
