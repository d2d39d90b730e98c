import { parseAllDocuments } from 'yaml';
import { admit } from './admission.ts';
import type { Autoscalers } from './autoscalers.ts';
import { allKinds, apiVersionOf, kinds } from './kinds.ts';
import type { Deployment, DisruptionBudget, Json, Service } from './objects.ts';
import { isObject } from './patch.ts';
import type { Resources } from './resources.ts';
import type { Store } from './store.ts';

export interface DeploymentSeed {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** Default: `registry.company.com/<name>:1.0.0`. */
  readonly image?: string;
  /** Name of a Service in front of its pods. */
  readonly service?: string;
  /** Its PodDisruptionBudget, of the deployment's name. */
  readonly disruptionBudget?: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
  /** Its HorizontalPodAutoscaler. */
  readonly autoscaler?: {
    /** Default: the deployment's name. */
    readonly name?: string;
    readonly min: number;
    readonly max: number;
    /** Replicas that the load would take; default: those it has. */
    readonly demand?: number;
  };
}

/** A deployment as a world begins with it, and what goes with it. */
export function seedDeployment(store: Store, autoscalers: Autoscalers, seed: DeploymentSeed): void {
  const { namespace, name, replicas, image = `registry.company.com/${name}:1.0.0`, autoscaler } = seed;
  const labels = { app: name };
  const deployment = admit(kinds.deployments, {
    apiVersion: apiVersionOf(kinds.deployments),
    kind: kinds.deployments.kind,
    metadata: { name, namespace, labels, uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name, image, ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
    },
  });
  store.create(kinds.deployments, deployment as Deployment);
  seedService(store, seed);
  seedBudget(store, seed);
  if (!autoscaler) return;
  const { min, max, demand = replicas } = autoscaler;
  const named = autoscaler.name ?? name;
  store.create(kinds.autoscalers, {
    metadata: { name: named, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: min,
      maxReplicas: max,
    },
    status: { currentReplicas: replicas, desiredReplicas: replicas },
  });
  autoscalers.setDemand(namespace, named, demand);
}

function seedService(store: Store, { namespace, name, service }: DeploymentSeed): void {
  if (service === undefined) return;
  const draft = {
    apiVersion: 'v1',
    kind: kinds.services.kind,
    metadata: { name: service, namespace, uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
  store.create(kinds.services, admit(kinds.services, draft) as Service);
}

function seedBudget(store: Store, { namespace, name, disruptionBudget }: DeploymentSeed): void {
  if (!disruptionBudget) return;
  const draft = {
    apiVersion: apiVersionOf(kinds.disruptionBudgets),
    kind: kinds.disruptionBudgets.kind,
    metadata: { name, namespace, uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { selector: { matchLabels: { app: name } }, ...disruptionBudget },
  };
  store.create(kinds.disruptionBudgets, admit(kinds.disruptionBudgets, draft) as DisruptionBudget);
}

/**
 * Create what a manifest holds, one object per YAML document.
 *
 * @throws Error for what is no YAML, or of a kind that is not served; Refusal as the API's create
 */
export function createAll(resources: Resources, manifest: string): void {
  for (const document of parseAllDocuments(manifest)) {
    const [wrong] = 'errors' in document ? document.errors : [];
    if (wrong) throw wrong;
    const object = ('toJS' in document ? document.toJS() : null) as Json;
    if (!isObject(object)) continue;
    const { apiVersion, kind: name, metadata } = object;
    const kind = allKinds.find((each) => apiVersionOf(each) === apiVersion && each.kind === name);
    if (!kind) throw new Error(`no kind ${JSON.stringify([apiVersion, name])} is served`);
    const given =
      isObject(metadata) && typeof metadata['namespace'] === 'string' ? metadata['namespace'] : 'default';
    const options = { fieldManager: 'kubectl-client-side-apply', force: false, dryRun: false };
    resources.create(kind, kind.namespaced ? given : undefined, object, options);
  }
}
