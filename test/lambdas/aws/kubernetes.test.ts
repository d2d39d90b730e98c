import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority } from '../../../drill/world/certificates.ts';
import { openKubernetes } from '../../../lambdas/aws/kubernetes.ts';
import { awsError, deploy } from '../memory-ledger.ts';

interface Call {
  readonly method: string;
  readonly url: string;
  readonly type: string | undefined;
  readonly token: string;
  readonly body: unknown;
}

type Reply = readonly [status: number, body: unknown];

let server: Server;
let calls: Call[] = [];
/** Replies by `GET /path`, one after the other; the last one stays. */
let replies: Map<string, Reply[]>;
let endpoint: string;
let ca: string;
let clusters = 0;

const root = '/apis/apps/v1/namespaces/erlmcp/deployments/erlmcp';
const hpa = '/apis/autoscaling/v2/namespaces/erlmcp/horizontalpodautoscalers/erlmcp';
const eks = mockClient(EKSClient);

beforeAll(async () => {
  const authority = await createAuthority();
  ca = authority.certificatePem;
  server = createServer(await authority.issue(['127.0.0.1']), (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      calls.push({ method, url, type: headers['content-type'], token: headers.authorization ?? '', body });
      const queue = replies.get(`${method} ${url}`) ?? [
        [404, { kind: 'Status', message: `${url} not found` }],
      ];
      const [status, reply] = (queue.length > 1 ? queue.shift() : queue[0]) ?? [500, {}];
      if (status === 0) return request.socket.destroy();
      return response.writeHead(status).end(typeof reply === 'string' ? reply : JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  // No backoff waits: full jitter of nothing.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  deploy({});
  calls = [];
  replies = new Map();
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({
    cluster: {
      status: 'ACTIVE',
      endpoint,
      certificateAuthority: { data: Buffer.from(ca).toString('base64') },
    },
  });
});

/** A cluster of a name of its own: endpoints are kept by name. */
function open(name = `standby-${(clusters += 1)}`) {
  const client = new EKSClient({ region: 'eu-central-1' });
  return openKubernetes(client, { region: 'eu-central-1', name, namespace: 'erlmcp' });
}

const scale = (replicas: number | undefined, resourceVersion: string): Reply => [
  200,
  {
    kind: 'Scale',
    metadata: { name: 'erlmcp', resourceVersion },
    spec: replicas === undefined ? {} : { replicas },
  },
];
const autoscaler = (spec: object, resourceVersion = '7'): Reply => [
  200,
  { metadata: { resourceVersion }, spec },
];
const status = (code: number, message: string): Reply => [code, { kind: 'Status', message }];
const named = (name: string, message: string): unknown =>
  expect.objectContaining({ name, message: expect.stringContaining(message) });

describe('the token', () => {
  it('is a request to the STS of the region, signed for this cluster, for a minute', async () => {
    replies.set(`GET ${root}/status`, [[200, { metadata: { generation: 1 } }]]);
    await (await open('standby-token')).deployment('erlmcp');
    const token = calls[0]!.token.replace('Bearer k8s-aws-v1.', '');
    const url = new URL(Buffer.from(token, 'base64url').toString());
    expect(token).not.toContain('=');
    expect(url.origin).toBe('https://sts.eu-central-1.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Credential': expect.stringContaining('/eu-central-1/sts/aws4_request'),
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

describe('opening a cluster', () => {
  it('describes it once and then knows where it is', async () => {
    await open('standby-known');
    await open('standby-known');
    expect(eks.commandCalls(DescribeClusterCommand)).toHaveLength(1);
  });

  it.each([
    ['ResourceNotFoundException', 404, 'UnsafePlan', 'there is no cluster'],
    ['ThrottlingException', 400, 'TryAgain', 'ThrottlingException'],
    ['ServerException', 500, 'TryAgain', 'ServerException'],
    ['AccessDeniedException', 403, 'AccessDeniedException', 'denied'],
  ])('translates %s', async (name, code, thrown, message) => {
    eks.on(DescribeClusterCommand).rejects(awsError(name, 'denied', code));
    await expect(open()).rejects.toThrow(named(thrown, message));
  });

  it('refuses one that has no endpoint yet', async () => {
    eks.on(DescribeClusterCommand).resolves({ cluster: { status: 'CREATING' } });
    await expect(open()).rejects.toThrow(named('UnsafePlan', 'no Kubernetes endpoint'));
  });

  it('trusts no certificate but one that the cluster signed', async () => {
    const other = await createAuthority();
    eks.on(DescribeClusterCommand).resolves({
      cluster: {
        endpoint,
        certificateAuthority: { data: Buffer.from(other.certificatePem).toString('base64') },
      },
    });
    await expect((await open()).deployment('erlmcp')).rejects.toThrow(named('TryAgain', 'does not answer'));
    expect(calls).toEqual([]);
  });
});

describe('a deployment', () => {
  it('is read through its status, and what Kubernetes leaves out is zero', async () => {
    replies.set(`GET ${root}/status`, [
      [200, { metadata: { generation: 4 }, spec: { replicas: 3 }, status: { observedGeneration: 4 } }],
    ]);
    expect(await (await open()).deployment('erlmcp')).toEqual({
      replicas: 3,
      readyReplicas: 0,
      pods: 0,
      generation: 4,
      observedGeneration: 4,
    });
    expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${root}/status`]);
  });

  it('is read again when the API stumbles', async () => {
    replies.set(`GET ${root}/status`, [status(503, 'busy'), [0, ''], [200, { metadata: { generation: 1 } }]]);
    await expect((await open()).deployment('erlmcp')).resolves.toMatchObject({ generation: 1 });
    expect(calls).toHaveLength(3);
  });

  it.each([
    [401, 'Error', 'it has no access entry'],
    [403, 'Error', 'does not allow it'],
    [404, 'UnsafePlan', 'not found'],
    [429, 'TryAgain', '429'],
    [500, 'TryAgain', '500'],
    [503, 'TryAgain', '503'],
  ])('that answers %s throws %s', async (code, name, message) => {
    replies.set(`GET ${root}/status`, [status(code, `the deployment was not found`)]);
    await expect((await open()).deployment('erlmcp')).rejects.toThrow(named(name, message));
  });

  it('is unknown, not empty, when the answer is not JSON', async () => {
    replies.set(`GET ${root}/status`, [[200, '<html>']]);
    await expect((await open()).deployment('erlmcp')).rejects.toThrow(named('TryAgain', 'not JSON'));
  });
});

describe('scaling', () => {
  it('writes the new count onto the version that was read', async () => {
    replies.set(`GET ${root}/scale`, [scale(1, '41')]);
    replies.set(`PUT ${root}/scale`, [scale(3, '42')]);
    await (await open()).scale('erlmcp', () => 3);
    expect(calls.at(-1)).toMatchObject({
      method: 'PUT',
      type: 'application/json',
      body: {
        kind: 'Scale',
        metadata: { name: 'erlmcp', namespace: 'erlmcp', resourceVersion: '41' },
        spec: { replicas: 3 },
      },
    });
  });

  it('takes an absent count for zero and writes nothing when nothing is to be raised', async () => {
    replies.set(`GET ${root}/scale`, [scale(undefined, '41')]);
    const seen: number[] = [];
    await (await open()).scale('erlmcp', (replicas) => (seen.push(replicas), null));
    expect(seen).toEqual([0]);
    expect(calls.map(({ method }) => method)).toEqual(['GET']);
  });

  it('reads and decides again when somebody else wrote in between', async () => {
    replies.set(`GET ${root}/scale`, [scale(1, '41'), scale(5, '42')]);
    replies.set(`PUT ${root}/scale`, [status(409, 'the object has been modified')]);
    await (await open()).scale('erlmcp', (replicas) => (replicas < 3 ? 3 : null));
    expect(calls.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
  });

  it('is left for later when others keep writing', async () => {
    replies.set(`GET ${root}/scale`, [scale(1, '41')]);
    replies.set(`PUT ${root}/scale`, [status(409, 'the object has been modified')]);
    await expect((await open()).scale('erlmcp', () => 3)).rejects.toThrow(named('TryAgain', 'modified'));
    expect(calls.filter(({ method }) => method === 'PUT')).toHaveLength(5);
  });

  it('is not repeated here when the API fails after it may have written', async () => {
    replies.set(`GET ${root}/scale`, [scale(1, '41')]);
    replies.set(`PUT ${root}/scale`, [[0, '']]);
    await expect((await open()).scale('erlmcp', () => 3)).rejects.toThrow(
      named('TryAgain', 'does not answer'),
    );
    expect(calls.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });
});

describe('an autoscaler', () => {
  it('without a floor has the floor of one that Kubernetes gives it', async () => {
    replies.set(`GET ${hpa}`, [autoscaler({ maxReplicas: 5 })]);
    expect(await (await open()).autoscaler('erlmcp')).toEqual({ minReplicas: 1, maxReplicas: 5 });
  });

  it('gets its bounds by a merge patch onto the version that was read', async () => {
    replies.set(`GET ${hpa}`, [autoscaler({ minReplicas: 1, maxReplicas: 2 }, '9')]);
    replies.set(`PATCH ${hpa}`, [autoscaler({ minReplicas: 3, maxReplicas: 3 }, '10')]);
    await (await open()).bound('erlmcp', () => ({ minReplicas: 3, maxReplicas: 3 }));
    expect(calls.at(-1)).toMatchObject({
      method: 'PATCH',
      type: 'application/merge-patch+json',
      body: { metadata: { resourceVersion: '9' }, spec: { minReplicas: 3, maxReplicas: 3 } },
    });
  });
});
