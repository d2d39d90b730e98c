import { get as httpsGet } from 'node:https';
import { describe, expect, it } from 'vitest';
import { deployment, deployments, mergePatch, pass, startWorld, type World } from './world.ts';

interface Shown {
  readonly metadata: { readonly resourceVersion: string; readonly labels?: Record<string, string> };
  readonly spec: {
    readonly replicas: number;
    readonly template: { spec: { containers: { image: string }[] } };
  };
}
const shown = async ({ call }: World, path = deployment) =>
  (await call('GET', path)).body as unknown as Shown;

describe('discovery', () => {
  it('lists groups and what they serve', async () => {
    const { call } = await startWorld();
    expect((await call('GET', '/api')).body).toMatchObject({ versions: ['v1'] });
    const { groups } = (await call('GET', '/apis')).body as { groups: { name: string }[] };
    expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['apps', 'autoscaling']));
    const { resources } = (await call('GET', '/apis/apps/v1')).body as { resources: { name: string }[] };
    expect(resources.map(({ name }) => name)).toEqual([
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/status',
    ]);
    expect((await call('GET', '/apis/batch/v1')).status).toBe(404);
  });
});

describe('writing', () => {
  it('refuses a count that was read before somebody else wrote', async () => {
    const world = await startWorld();
    const scale = (await world.call('GET', `${deployment}/scale`)).body;
    expect(
      (await world.call('PUT', `${deployment}/scale`, { body: { ...scale, spec: { replicas: 3 } } })).status,
    ).toBe(200);
    const late = await world.call('PUT', `${deployment}/scale`, {
      body: { ...scale, spec: { replicas: 4 } },
    });
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on deployments.apps "erlmcp": the object has been modified; please apply your changes to the latest version and try again',
    });
    const resourceVersion = (scale['metadata'] as { resourceVersion: string }).resourceVersion;
    const patch = { metadata: { resourceVersion }, spec: { replicas: 5 } };
    expect((await world.call('PATCH', deployment, { body: patch, type: mergePatch })).status).toBe(409);
    expect((await shown(world)).spec.replicas).toBe(3);
  });

  it('keeps the version when nothing changes', async () => {
    const world = await startWorld();
    const before = await shown(world);
    await world.call('PATCH', `${deployment}/scale`, { body: { spec: { replicas: 2 } }, type: mergePatch });
    expect((await shown(world)).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('understands every kind of patch', async () => {
    const world = await startWorld();
    const labels = { metadata: { labels: { tier: 'web' } } };
    await world.call('PATCH', deployment, { body: labels, type: mergePatch });
    const image = { spec: { template: { spec: { containers: [{ name: 'erlmcp', image: 'two' }] } } } };
    await world.call('PATCH', deployment, { body: image, type: 'application/strategic-merge-patch+json' });
    const steps = [{ op: 'replace', path: '/spec/replicas', value: 3 }];
    await world.call('PATCH', deployment, { body: steps, type: 'application/json-patch+json' });
    const { metadata, spec } = await shown(world);
    expect(metadata.labels).toEqual({ app: 'erlmcp', tier: 'web' });
    expect(spec.replicas).toBe(3);
    expect(spec.template.spec.containers).toMatchObject([{ name: 'erlmcp', image: 'two' }]);
    expect((await world.call('PATCH', deployment, { body: {}, type: 'application/json' })).status).toBe(415);
  });

  it('refuses to apply over another manager’s field unless forced', async () => {
    const world = await startWorld();
    await world.call('PATCH', `${deployment}/scale?fieldManager=kubectl`, {
      body: { spec: { replicas: 3 } },
      type: mergePatch,
    });
    const body = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: erlmcp}\nspec: {replicas: 5}\n';
    const apply = (query: string) =>
      world.call('PATCH', `${deployment}?fieldManager=gitops${query}`, {
        body,
        type: 'application/apply-patch+yaml',
      });
    const refused = await apply('');
    expect(refused.status).toBe(409);
    expect(refused.body['message']).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas',
    );
    expect((await apply('&force=true')).status).toBe(200);
    expect((await shown(world)).spec.replicas).toBe(5);
  });

  it('changes nothing on a dry run', async () => {
    const world = await startWorld();
    const dry = await world.call('PATCH', `${deployment}?dryRun=All`, {
      body: { spec: { replicas: 9 } },
      type: mergePatch,
    });
    expect(dry.body['spec']).toMatchObject({ replicas: 9 });
    expect((await shown(world)).spec.replicas).toBe(2);
  });

  it.each([
    [
      'PATCH',
      `${deployment}/scale`,
      { spec: { replicas: -1 } },
      422,
      'Scale.autoscaling "erlmcp" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['GET', `${deployments}/absent`, undefined, 404, 'deployments.apps "absent" not found'],
    [
      'GET',
      '/apis/apps/v1/namespaces/erlmcp/statefulsets',
      undefined,
      404,
      'the server could not find the requested resource',
    ],
    [
      'POST',
      '/api/v1/namespaces/absent/configmaps',
      { metadata: { name: 'a' } },
      404,
      'namespaces "absent" not found',
    ],
    ['PUT', deployment, 'no JSON', 400, /unrecognized/],
    [
      'POST',
      '/api/v1/namespaces',
      { metadata: { name: 'erlmcp' } },
      409,
      'namespaces "erlmcp" already exists',
    ],
    ['GET', `${deployments}?labelSelector=a~b`, undefined, 400, 'unable to parse requirement: a~b'],
  ])('answers %s %s with %j as Kubernetes does: %i', async (method, path, body, status, message) => {
    const { call } = await startWorld();
    const answer = await call(method, path, { body, ...(method === 'PATCH' ? { type: mergePatch } : {}) });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    expect(answer.body['message']).toMatch(message);
  });

  it('removes what a deleted deployment owned', async () => {
    const { call, clock, cluster } = await startWorld();
    expect((await call('DELETE', deployment)).body).toMatchObject({ status: 'Success' });
    await pass(clock, 60);
    expect((await call('GET', '/api/v1/namespaces/erlmcp/pods')).body['items']).toEqual([]);
    expect(cluster.deployment('erlmcp', 'erlmcp')).toBeUndefined();
  });
});

describe('reading', () => {
  it('selects by labels', async () => {
    const { call } = await startWorld();
    const count = async (selector: string) =>
      (
        (await call('GET', `/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`)).body[
          'items'
        ] as unknown[]
      ).length;
    expect(await count('app=erlmcp')).toBe(2);
    expect(await count('app!=erlmcp')).toBe(0);
    expect(await count('app in (erlmcp, other),pod-template-hash')).toBe(2);
    expect(await count('!app')).toBe(0);
  });

  it('shows a table to a client that prefers one', async () => {
    const { call } = await startWorld();
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = await call('GET', deployments, { headers: { accept } });
    expect(body['kind']).toBe('Table');
    expect(body['rows']).toMatchObject([
      {
        cells: [
          'erlmcp',
          '2/2',
          2,
          2,
          expect.stringMatching(/^\ds$/),
          'erlmcp',
          expect.any(String),
          'app=erlmcp',
        ],
      },
    ]);
    const plain = await call('GET', deployments, { headers: { accept: 'application/json' } });
    expect(plain.body['kind']).toBe('DeploymentList');
  });

  it('streams changes to a watcher, from the version that it has seen', async () => {
    const world = await startWorld();
    const { resourceVersion } = (await shown(world)).metadata;
    await world.call('PATCH', `${deployment}/scale`, { body: { spec: { replicas: 3 } }, type: mergePatch });
    const events = watch(
      world,
      `${deployments}?watch=1&resourceVersion=${resourceVersion}&fieldSelector=metadata.name=erlmcp`,
    );
    const seen: string[] = [];
    for await (const { type, object } of events) {
      seen.push(`${type} ${object.spec.replicas} ready ${object.status.readyReplicas ?? 0}`);
      if (object.status.readyReplicas === 3) break;
    }
    expect(seen[0]).toBe('MODIFIED 3 ready 2');
    expect(seen.at(-1)).toBe('MODIFIED 3 ready 3');
  });

  it('tells a watcher without a version what there is, and of a deletion', async () => {
    const world = await startWorld();
    const seen: string[] = [];
    for await (const { type } of watch(world, `${deployments}?watch=true`)) {
      seen.push(type);
      if (type === 'ADDED') await world.call('DELETE', deployment);
      if (type === 'DELETED') break;
    }
    expect(seen).toEqual(['ADDED', 'DELETED']);
  });
});

interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly spec: { replicas: number };
    readonly status: { readonly readyReplicas?: number };
  };
}

async function* watch({ cluster }: World, path: string): AsyncGenerator<WatchEvent> {
  const config = JSON.parse(cluster.kubeconfig()) as { users: [{ user: { token: string } }] };
  const request = httpsGet(`${cluster.url}${path}`, {
    agent: false,
    ca: Buffer.from(cluster.caData, 'base64'),
    headers: { authorization: `Bearer ${config.users[0].user.token}` },
  });
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  let rest = '';
  try {
    for await (const chunk of response) {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as WatchEvent;
    }
  } finally {
    request.destroy();
  }
}
