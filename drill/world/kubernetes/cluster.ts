import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Principal } from '../../cloud/contract.ts';
import type { ClusterAccess } from '../../cloud/eks/contract.ts';
import type { Authority } from '../certificates.ts';
import { startLoopbackServer } from '../loopback-server.ts';
import type { Ailing } from './ailments.ts';
import { Api } from './api.ts';
import type { GroupBindings } from './authorize.ts';
import { Autoscalers } from './autoscalers.ts';
import { Deployments } from './deployments.ts';
import { Disruptions } from './disruptions.ts';
import { Endpoints } from './endpoints.ts';
import { recorder } from './events.ts';
import { collectGarbage } from './garbage.ts';
import { Kubelet } from './kubelet.ts';
import { kinds } from './kinds.ts';
import { publishRootCa } from './namespaces.ts';
import { setNodes, type NodeSeed } from './nodes.ts';
import { isReady, type KubeObject, type Pod } from './objects.ts';
import { NodeHealth } from './node-health.ts';
import { PodLogs } from './pod-logs.ts';
import { Pods } from './pods.ts';
import { Resources } from './resources.ts';
import { createAll, seedDeployment, type DeploymentSeed } from './seeds.ts';
import { Store } from './store.ts';

export interface ClusterOptions {
  readonly clock: Clock;
  readonly name: string;
  readonly region: string;
  readonly authority: Authority;
  /** Nodes that are Ready from the start; a number when their names do not matter. */
  readonly nodes: number | readonly NodeSeed[];
  /** Deployments whose pods are Ready from the start, as far as they fit. */
  readonly deployments: readonly DeploymentSeed[];
  readonly principalOf: (accessKeyId: string) => Principal | undefined;
  /** With it, signatures of tokens are verified, and with them the cluster they were made for. */
  readonly secretOf?: (accessKeyId: string) => string | undefined;
  readonly accessOf: (principalArn: string) => ClusterAccess | undefined;
  /** What Kubernetes groups of access entries may do, beside the RBAC objects in the cluster. */
  readonly groupBindings?: GroupBindings;
  /** YAML that the cluster's owner has applied before the start, such as docs/kubernetes-access.yaml. */
  readonly manifests?: readonly string[];
  /** Default 4. */
  readonly podsPerNode?: number;
  /** Default `v1.34.0`. */
  readonly version?: string;
  readonly preferredPort?: number;
  /** Told why a token was refused; the client only learns 401. */
  readonly onRefused?: (reason: string) => void;
}

export interface DeploymentView {
  readonly replicas: number;
  readonly ready: number;
  readonly updated: number;
  readonly pods: number;
  readonly generation: number;
  readonly observedGeneration: number;
}

type ReadyListener = (namespace: string, deployment: string, ready: number) => void;

/** A cluster's Kubernetes API, and the controllers behind it. */
export interface Cluster {
  readonly port: number;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** The name that EKS would give its endpoint; the certificate covers it. */
  readonly host: string;
  /** Base64 of the PEM that a client must trust, as DescribeCluster shows it. */
  readonly caData: string;
  /** A kubeconfig file with full rights, as JSON, which is YAML too. */
  kubeconfig(): string;
  setNodes(nodes: number | readonly NodeSeed[]): void;
  deployment(namespace: string, name: string): DeploymentView | undefined;
  onReadyChange(listener: ReadyListener): void;
  /** Told of every pod that becomes ready, and of every one that is gone: a rollout may leave the count as it was. */
  onPodsChange(listener: (pod: Pod, change: 'ready' | 'gone') => void): void;
  /** Replicas that the load takes, for the autoscaler. */
  setDemand(namespace: string, autoscaler: string, replicas: number): void;
  /** Pods of a deployment crash and new ones do not start. */
  breakDeployment(namespace: string, name: string): void;
  mendDeployment(namespace: string, name: string): void;
  /**
   * The containers that a deployment has now wedge, by default they hang: no restart of a container helps them, only
   * another pod. So a rolling restart heals it, and nothing else does.
   */
  wedgeDeployment(namespace: string, name: string, how?: Ailing): void;
  /**
   * Containers of an image never become ready, by default they crash: a bad release fails, and rolling back heals.
   * Pods that run it already fall ill too. `mendImage` takes it back.
   */
  spoilImage(image: string, how?: Ailing): void;
  mendImage(image: string): void;
  /** The same for pods by what they are, such as those whose template has an annotation. Call what it returns to end it. */
  ailPods(matches: (pod: Pod) => boolean, how?: Ailing): () => void;
  /**
   * The kubelet of a node stops: after `delays.nodeUnseen` the node's Ready is Unknown and its pods are not ready, and
   * 300 seconds later (the default toleration) they are evicted and replaced on other nodes. For nodes of a node group
   * use `setNodeDown` of drill/cloud/eks, which tells `setNodes`.
   */
  takeNodeDown(name: string): void;
  /** It posts its status again: the node is Ready, and what was evicted from it is gone. */
  bringNodeBack(name: string): void;
  /** What `kubectl apply -f` by the cluster's owner would do, for objects that are not there yet. */
  apply(manifest: string): void;
  /** The API cuts every connection; what runs keeps running. */
  goDark(): void;
  comeBack(): void;
  stop(): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, name, region, authority, version = 'v1.34.0', podsPerNode = 4 } = options;
  const store = new Store(clock, `${region}/${name}`);
  const record = recorder(clock, store);
  collectGarbage(store);
  const logs = new PodLogs(clock, store);
  const health = new NodeHealth(clock, store, record);
  const kubelet = new Kubelet({ clock, store, record, logs, works: (node) => health.works(node) });
  health.onBack = (node) => kubelet.resume(node);
  const pods = new Pods(clock, store, record, kubelet);
  const deployments = new Deployments(clock, store, record);
  const autoscalers = new Autoscalers(clock, store, record);
  const endpoints = new Endpoints(clock, store);
  const disruptions = new Disruptions(clock, store, record);
  const resources = new Resources(clock, store);
  const works = (node: string) => health.works(node);
  publishRootCa(store, authority.certificatePem);
  const nodeOptions = { region, podsPerNode, version };

  for (const namespace of new Set([
    'default',
    'kube-system',
    ...options.deployments.map((each) => each.namespace),
  ])) {
    store.create(kinds.namespaces, { metadata: { name: namespace }, status: { phase: 'Active' } });
  }
  setNodes(clock, store, health, nodesOf(options.nodes), nodeOptions);
  for (const seed of options.deployments) seedDeployment(store, autoscalers, seed);
  deployments.reconcileAll();
  pods.place(0);
  deployments.reconcileAll();
  for (const manifest of options.manifests ?? []) createAll(resources, manifest);
  endpoints.reconcileAll();
  disruptions.reconcileAll();

  const token = `lifeboat-${createHash('sha256').update(`${authority.certificatePem} ${name}`).digest('hex').slice(0, 32)}`;
  const id = createHash('sha256').update(`${region}/${name}`).digest('hex').slice(0, 32).toUpperCase();
  const host = `${id}.gr7.${region}.eks.amazonaws.com`;
  const { principalOf, secretOf, accessOf, onRefused } = options;
  const api = new Api({
    clock,
    store,
    resources,
    cluster: { name, region },
    identities: { principalOf, accessOf, operatorToken: token, ...(secretOf ? { secretOf } : {}) },
    bindings: options.groupBindings ?? {},
    logs,
    works,
    disruptions,
    gitVersion: version,
    ...(onRefused ? { onRefused } : {}),
  });
  const server = await startLoopbackServer({
    certificate: await authority.issue([host]),
    handler: (request, response) => void clock.busy(() => api.handle(request, response)),
    ...(options.preferredPort === undefined ? {} : { preferredPort: options.preferredPort }),
  });
  const url = `https://127.0.0.1:${server.port}`;
  const caData = Buffer.from(authority.certificatePem).toString('base64');

  return {
    port: server.port,
    url,
    host,
    caData,
    kubeconfig: () => kubeconfig(name, url, caData, token),
    setNodes: (nodes) => setNodes(clock, store, health, nodesOf(nodes), nodeOptions),
    deployment(namespace, deployment) {
      const found = store.get(kinds.deployments, namespace, deployment);
      if (!found) return undefined;
      const { spec, status, metadata } = found;
      return {
        replicas: spec.replicas,
        ready: status.readyReplicas ?? 0,
        updated: status.updatedReplicas ?? 0,
        pods: status.replicas ?? 0,
        generation: metadata.generation ?? 0,
        observedGeneration: status.observedGeneration ?? 0,
      };
    },
    onReadyChange(listener) {
      store.onEvent(({ kind, object, before, type }) => {
        if (kind !== kinds.deployments) return;
        const now = type === 'DELETED' ? 0 : readyOf(object);
        if (now !== readyOf(before)) listener(object.metadata.namespace ?? '', object.metadata.name, now);
      });
    },
    onPodsChange(listener) {
      store.onEvent(({ kind, object, before, type }) => {
        if (kind !== kinds.pods) return;
        if (type === 'DELETED') listener(object as Pod, 'gone');
        else if (isReady(object as Pod) && (before === undefined || !isReady(before as Pod))) {
          listener(object as Pod, 'ready');
        }
      });
    },
    setDemand: (namespace, autoscaler, replicas) => autoscalers.setDemand(namespace, autoscaler, replicas),
    breakDeployment: (namespace, deployment) => pods.break(namespace, deployment),
    mendDeployment: (namespace, deployment) => pods.mend(`${namespace}/${deployment}`),
    wedgeDeployment: (namespace, deployment, how) => pods.wedge(namespace, deployment, how),
    spoilImage: (image, how) => pods.spoil(image, how),
    mendImage: (image) => pods.mend(image),
    ailPods: (matches, how) => pods.ail(matches, how),
    takeNodeDown: (node) => health.silence(node),
    bringNodeBack: (node) => health.speak(node),
    apply: (manifest) => createAll(resources, manifest),
    goDark: () => server.shut(),
    comeBack: () => server.open(),
    stop: () => server.close(),
  };
}

function nodesOf(nodes: number | readonly NodeSeed[]): readonly NodeSeed[] {
  if (typeof nodes !== 'number') return nodes;
  return Array.from({ length: nodes }, (_, index) => ({ name: `node-${index + 1}` }));
}

function readyOf(object: KubeObject | undefined): number {
  return (object?.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0;
}

function kubeconfig(name: string, server: string, caData: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': caData } }],
    users: [{ name: 'operator', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'operator' } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
