import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { createAuthority } from '../../../../drill/world/certificates.ts';
import { startCluster, type Cluster } from '../../../../drill/world/kubernetes/cluster.ts';

const run = promisify(execFile);
const namespace = 'erlmcp';
const access = readFileSync('docs/kubernetes-access.yaml', 'utf8');

let clock: WorldClock;
let cluster: Cluster;
let directory: string;

/** One call of kubectl; its output, or a rejection with what it wrote to standard error. */
async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('kubectl', ['-n', namespace, ...args], {
    env: { ...process.env, HOME: directory, KUBECONFIG: path.join(directory, 'kubeconfig') },
    timeout: 60_000,
  });
  return stdout;
}

function file(name: string, text: string): string {
  const at = path.join(directory, name);
  writeFileSync(at, text);
  return at;
}

const manifest = (motto: string, image = 'registry.company.com/web:1.0.0') => `
apiVersion: v1
kind: ConfigMap
metadata: { name: app }
data: { motto: ${motto}, limit: '10' }
binaryData: { raw: AAEC }
---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: hunter2 }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: '${image}', ports: [{ containerPort: 8080 }] }
`;

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-kubectl-'));
  // Fast enough for rollouts, slow enough for a client whose start takes a tenth of a second.
  clock = new WorldClock({ start: Date.now(), speed: 60 });
  cluster = await startCluster({
    clock,
    name: 'erlmcp-primary',
    region: 'eu-west-1',
    authority: await createAuthority(),
    nodes: 3,
    deployments: [
      {
        namespace,
        name: 'erlmcp',
        replicas: 3,
        service: 'erlmcp',
        disruptionBudget: { maxUnavailable: 1 },
      },
    ],
    principalOf: () => undefined,
    accessOf: () => undefined,
  });
  file('kubeconfig', cluster.kubeconfig());
});

afterEach(async () => {
  clock.stop();
  await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('kubectl', () => {
  it('gets tables of every kind', async () => {
    await clock.sleep(1000);
    expect(await kubectl('get', 'deploy')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nerlmcp +3\/3 /);
    expect(await kubectl('get', 'pods', '-o', 'wide')).toMatch(/erlmcp-\w+-\w+ +1\/1 +Running +0 .* node-1/);
    expect(await kubectl('get', 'svc,endpointslices,endpoints,pdb')).toContain('10.0.100.');
    expect(await kubectl('get', 'pdb', 'erlmcp', '-o', 'jsonpath={.status.disruptionsAllowed}')).toBe('1');
    expect(await kubectl('get', 'cm')).toContain('kube-root-ca.crt');
    expect(await kubectl('get', 'nodes')).toMatch(/node-3 +Ready/);
    expect(await kubectl('get', 'events')).toContain('ScalingReplicaSet');
  });

  it('applies as a client, and changes only what differs', async () => {
    const first = await kubectl('apply', '-f', file('app.yaml', manifest('one')));
    expect(first).toBe('configmap/app created\nsecret/login created\ndeployment.apps/web created\n');
    const second = await kubectl('apply', '-f', file('app.yaml', manifest('two')));
    expect(second).toContain('configmap/app configured');
    expect(second).toContain('deployment.apps/web unchanged');
    expect(await kubectl('get', 'cm', 'app', '-o', 'jsonpath={.data.motto}{.binaryData.raw}')).toBe(
      'twoAAEC',
    );
    expect(await kubectl('get', 'secret', 'login', '-o', 'jsonpath={.data.password}')).toBe('aHVudGVyMg==');
  });

  it('applies on the server, and is told of the other manager', async () => {
    const at = file('app.yaml', manifest('one'));
    await kubectl('apply', '--server-side', '-f', at);
    await kubectl('patch', 'cm', 'app', '--field-manager=somebody', '-p', '{"data":{"motto":"mine"}}');
    await expect(kubectl('apply', '--server-side', '-f', at)).rejects.toThrow('conflict with "somebody"');
    await kubectl('apply', '--server-side', '--force-conflicts', '-f', at);
    expect(await kubectl('get', 'cm', 'app', '-o', 'jsonpath={.data.motto}')).toBe('one');
  });

  it('creates from literals, and is refused what is too large or immutable', async () => {
    await kubectl('create', 'secret', 'generic', 'token', '--from-literal', 'value=s3cret');
    await kubectl('create', 'configmap', 'fixed', '--from-literal', 'a=b');
    await kubectl('patch', 'cm', 'fixed', '-p', '{"immutable":true}');
    await expect(kubectl('patch', 'cm', 'fixed', '-p', '{"data":{"a":"c"}}')).rejects.toThrow(
      'field is immutable when `immutable` is set',
    );
    const big = file('big', 'x'.repeat(1024 * 1024 + 1));
    await expect(kubectl('create', 'secret', 'generic', 'big', `--from-file=${big}`)).rejects.toThrow(
      'may not be more than 1048576 bytes',
    );
    expect(await kubectl('get', 'secret', 'token', '-o', 'jsonpath={.data.value}')).toBe('czNjcmV0');
  });

  it('scales and waits', async () => {
    await kubectl('scale', 'deploy/erlmcp', '--replicas=5');
    await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=5', 'deploy/erlmcp', '--timeout=30s');
    await kubectl('wait', '--for=condition=Ready', 'pods', '-l', 'app=erlmcp', '--timeout=30s');
    expect(cluster.deployment(namespace, 'erlmcp')?.ready).toBe(5);
  });

  it('restarts, and sees a bad release fail and go back', async () => {
    await kubectl('rollout', 'restart', 'deploy/erlmcp');
    expect(await kubectl('rollout', 'status', 'deploy/erlmcp', '--timeout=30s')).toContain(
      'successfully rolled out',
    );
    const bad = 'registry.company.com/erlmcp:2.0.0';
    cluster.spoilImage(bad, { says: 'FATAL no licence key' });
    await kubectl('patch', 'deploy', 'erlmcp', '-p', '{"spec":{"progressDeadlineSeconds":60}}');
    await kubectl('set', 'image', 'deploy/erlmcp', `erlmcp=${bad}`);
    await expect(kubectl('rollout', 'status', 'deploy/erlmcp', '--timeout=30s')).rejects.toThrow(
      'exceeded its progress deadline',
    );
    const pods = await kubectl('get', 'pods');
    const crashing = /^(\S+) .*CrashLoopBackOff +[1-9]/m.exec(pods)?.[1] ?? '';
    expect(await kubectl('logs', crashing, '--previous', '--tail=1')).toContain('FATAL no licence key');
    await kubectl('rollout', 'undo', 'deploy/erlmcp');
    await kubectl('rollout', 'status', 'deploy/erlmcp', '--timeout=30s');
    const image = ['-o', 'jsonpath={.spec.template.spec.containers[0].image}'];
    expect(await kubectl('get', 'deploy', 'erlmcp', ...image)).toBe('registry.company.com/erlmcp:1.0.0');
    expect((await kubectl('rollout', 'history', 'deploy/erlmcp')).match(/^\d/gm)).toEqual(['1', '3', '4']);
  });

  it('reads logs, deletes, and drains a node within the budget', async () => {
    expect(await kubectl('logs', 'deploy/erlmcp', '--tail=1')).toContain('serving');
    const [pod = ''] = (await kubectl('get', 'pods', '-o', 'name')).split('\n');
    await kubectl('delete', pod);
    await kubectl('wait', '--for=delete', pod, '--timeout=30s');
    await kubectl('drain', 'node-1', '--force');
    const placed = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}');
    expect(placed).not.toContain('node-1');
    expect(await kubectl('get', 'nodes')).toContain('Ready,SchedulingDisabled');
  });

  it('lets a group see nodes once the documented access is applied', async () => {
    const as = ['--as', 'survey', '--as-group', 'lifeboat-node-readers'];
    await expect(kubectl('get', 'nodes', ...as)).rejects.toThrow('Forbidden');
    expect(await kubectl('apply', '-f', file('access.yaml', access))).toContain('created');
    expect(await kubectl('auth', 'can-i', 'list', 'nodes', ...as)).toBe('yes\n');
    await expect(kubectl('auth', 'can-i', 'delete', 'nodes', ...as)).rejects.toMatchObject({
      stdout: 'no\n',
    });
    expect(await kubectl('get', 'nodes', ...as)).toContain('node-1');
  });
});
