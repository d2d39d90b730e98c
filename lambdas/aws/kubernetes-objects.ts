import type { EKSClient } from '@aws-sdk/client-eks';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { connectKubernetes, patiently, type ClusterName } from './kubernetes.ts';
import { Conflict, Refusal } from './kubernetes-request.ts';

/** ConfigMaps, Secrets and deployments of one namespace, whole. What they hold is in no error. */

export type ObjectKind = 'ConfigMap' | 'Secret' | 'Deployment';

/** An object as the API gives it. */
export interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
  readonly [member: string]: unknown;
}

/** An object as it is to be: `metadata` with the resource version that it replaces, or with none. */
export interface WantedObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly resourceVersion?: string;
  };
  readonly [member: string]: unknown;
}

export interface KubernetesObjects {
  /** @throws UnsafePlan when there is no such namespace, or it is being deleted: an empty list would look the same */
  requireNamespace(): Promise<void>;
  /** All of them, page by page. */
  list(kind: ObjectKind): Promise<readonly LiveObject[]>;
  get(kind: ObjectKind, name: string): Promise<LiveObject | null>;
  /** @throws Conflict when there is one of this name */
  create(kind: ObjectKind, object: WantedObject): Promise<void>;
  /**
   * Have the API check an object that is to take the place of one of the same name, without writing it: existence is
   * what a create looks at last, after validation and admission.
   *
   * @throws Refusal when it would be refused; Denied
   */
  requireAcceptable(kind: ObjectKind, object: WantedObject): Promise<void>;
  /** @throws Conflict when it is not the version any more that `metadata` names; Refusal 404 when it is gone */
  replace(kind: ObjectKind, object: WantedObject): Promise<void>;
  /** Only exactly this object in this version. @throws Conflict as `replace`; Refusal 404 when it is gone */
  delete(
    kind: ObjectKind,
    seen: Pick<LiveObject['metadata'], 'name' | 'uid' | 'resourceVersion'>,
  ): Promise<void>;
}

/**
 * Objects of one page. A Secret or ConfigMap holds at most 1 MiB and typically a few KiB: a page is some hundred KiB,
 * and at worst what a function of 512 MB can hold.
 */
const pageSize = 100;

/** One page, milliseconds: it may be megabytes. */
const pageTimeout = 10_000;

/** A list that is so long is none that a function can hold. */
const mostPages = 500;

const apis = {
  ConfigMap: { apiVersion: 'v1', root: '/api/v1', plural: 'configmaps' },
  Secret: { apiVersion: 'v1', root: '/api/v1', plural: 'secrets' },
  Deployment: { apiVersion: 'apps/v1', root: '/apis/apps/v1', plural: 'deployments' },
} as const;

/** @throws as `connectKubernetes` does; the methods as `callKubernetes` does */
export async function openKubernetesObjects(
  eks: EKSClient,
  cluster: ClusterName,
): Promise<KubernetesObjects> {
  const call = await connectKubernetes(eks, cluster);
  const namespace = `/namespaces/${encodeURIComponent(cluster.namespace)}`;
  const pathOf = (kind: ObjectKind, name?: string) =>
    `${apis[kind].root}${namespace}/${apis[kind].plural}` +
    (name === undefined ? '' : `/${encodeURIComponent(name)}`);
  const read = (path: string) => patiently(() => call({ method: 'GET', path, timeout: pageTimeout }));
  const whole = (kind: ObjectKind, object: WantedObject) => ({
    ...object,
    apiVersion: apis[kind].apiVersion,
    kind,
    metadata: { ...object.metadata, namespace: cluster.namespace },
  });

  return {
    async requireNamespace() {
      const what = `the namespace ${cluster.namespace} of cluster ${cluster.name}`;
      const found = await absent(read(`/api/v1${namespace}`));
      if (found === null) {
        throw new UnsafePlan(
          `${what} does not exist. Nothing was changed. Create it (kubectl create namespace ${cluster.namespace}) ` +
            `and what has to be in it besides ConfigMaps and Secrets, then start again`,
        );
      }
      const { status } = found as { readonly status?: { readonly phase?: unknown } };
      if (status?.phase === 'Terminating') {
        throw new UnsafePlan(
          `${what} is being deleted, and takes nothing new. Nothing was changed. When it is gone, create it again, ` +
            `then start again`,
        );
      }
    },

    async list(kind) {
      for (let tries = 1; ; tries++) {
        try {
          return await allPages(read, pathOf(kind));
        } catch (error) {
          // The list took longer than the server keeps its place, some minutes: begin it anew.
          if (!(error instanceof Refusal) || error.status !== 410) throw error;
          if (tries === 2) throw new TryAgain(error.message, { cause: error });
        }
      }
    },

    async get(kind, name) {
      return (await absent(read(pathOf(kind, name)))) as LiveObject | null;
    },

    async create(kind, object) {
      await call({ method: 'POST', path: pathOf(kind), body: whole(kind, object), confidential: true });
    },

    async requireAcceptable(kind, object) {
      const path = `${pathOf(kind)}?dryRun=All`;
      try {
        await call({ method: 'POST', path, body: whole(kind, object), confidential: true });
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    },

    async replace(kind, object) {
      const path = pathOf(kind, object.metadata.name);
      await call({ method: 'PUT', path, body: whole(kind, object), confidential: true });
    },

    async delete(kind, { name, uid, resourceVersion }) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
      await call({ method: 'DELETE', path: pathOf(kind, name), body, confidential: true });
    },
  };
}

async function allPages(
  read: (path: string) => Promise<unknown>,
  path: string,
): Promise<readonly LiveObject[]> {
  const found: LiveObject[] = [];
  let next = '';
  for (let page = 0; page < mostPages; page++) {
    const answer = (await read(
      `${path}?limit=${pageSize}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`,
    )) as { readonly items?: readonly LiveObject[]; readonly metadata?: { readonly continue?: string } };
    found.push(...(answer.items ?? []));
    next = answer.metadata?.continue ?? '';
    if (next === '') return found;
  }
  throw new UnsafePlan(`${path} lists more than ${mostPages * pageSize} objects: that is more than is kept`);
}

async function absent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}
