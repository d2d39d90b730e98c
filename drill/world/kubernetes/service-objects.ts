import { createHash } from 'node:crypto';
import type { DisruptionBudget, KubeObject, Service } from './objects.ts';
import type { FieldError } from './status.ts';

/** A service as it is kept: its address stays what it was. */
export function withServiceDefaults(object: KubeObject, before: Service | undefined): Service {
  const spec = (object.spec ?? {}) as Partial<Service['spec']>;
  const clusterIP = spec.clusterIP ?? before?.spec.clusterIP ?? addressOf(object);
  const ports = (spec.ports ?? []).map((port) => ({
    ...port,
    protocol: port.protocol || 'TCP',
    targetPort: port.targetPort || port.port,
  }));
  return {
    ...object,
    spec: {
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ...spec,
      type: spec.type ?? 'ClusterIP',
      clusterIP,
      ...(clusterIP === 'None' ? {} : { clusterIPs: [clusterIP] }),
      ports,
    } as Service['spec'],
    status: object.status ?? { loadBalancer: {} },
  };
}

/** Of EKS's range 172.20.0.0/16. */
function addressOf({ metadata }: KubeObject): string {
  const digest = createHash('sha256')
    .update(`${metadata.namespace ?? ''}/${metadata.name}`)
    .digest();
  return `172.20.${digest[0] ?? 0}.${1 + ((digest[1] ?? 0) % 254)}`;
}

export function serviceErrors({ spec }: Service): FieldError[] {
  if (spec.ports.length === 0 && spec.clusterIP !== 'None') {
    return [{ field: 'spec.ports', problem: 'Required value', detail: '' }];
  }
  return spec.ports.flatMap(({ port }, index) =>
    Number.isInteger(port) && port > 0 && port < 65_536
      ? []
      : [
          {
            field: `spec.ports[${index}].port`,
            problem: 'Invalid value' as const,
            value: port,
            detail: 'must be between 1 and 65535, inclusive',
          },
        ],
  );
}

export function withBudgetDefaults(object: KubeObject): DisruptionBudget {
  const none = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  return {
    ...object,
    spec: object.spec ?? {},
    status: (object.status ?? none) as DisruptionBudget['status'],
  };
}

export function budgetErrors({ spec }: DisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const detail = 'minAvailable and maxUnavailable cannot be both set';
    return [{ field: 'spec', problem: 'Invalid value', value: spec, detail }];
  }
  return [
    ['spec.minAvailable', minAvailable] as const,
    ['spec.maxUnavailable', maxUnavailable] as const,
  ].flatMap(([field, value]) => {
    const ok =
      value === undefined ||
      (typeof value === 'number' ? Number.isInteger(value) && value >= 0 : /^\d+%$/.test(value));
    const detail = 'must be a non-negative integer or a percentage';
    return ok ? [] : [{ field, problem: 'Invalid value' as const, value, detail }];
  });
}
