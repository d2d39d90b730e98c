import { isDeepStrictEqual } from 'node:util';
import { kinds, type Kind } from './kinds.ts';
import { configMapErrors, secretErrors, withSecretDefaults } from './config-objects.ts';
import type { Autoscaler, Deployment, DisruptionBudget, KubeObject, Service } from './objects.ts';
import { budgetErrors, serviceErrors, withBudgetDefaults, withServiceDefaults } from './service-objects.ts';
import { invalid, type FieldError } from './status.ts';

/**
 * Fill in what a client may leave out, and refuse what a controller could not work with.
 *
 * @throws Refusal 422 listing every wrong field
 */
export function admit(kind: Kind, object: KubeObject, before?: KubeObject): KubeObject {
  const errors = nameErrors(kind, object);
  let admitted = object;
  if (kind === kinds.deployments) {
    admitted = withDeploymentDefaults(object);
    errors.push(...deploymentErrors(admitted as Deployment, before as Deployment | undefined));
  } else if (kind === kinds.autoscalers) {
    admitted = withAutoscalerDefaults(object);
    errors.push(...autoscalerErrors(admitted as Autoscaler));
  } else if (kind === kinds.configMaps) {
    errors.push(...configMapErrors(object, before));
  } else if (kind === kinds.secrets) {
    admitted = withSecretDefaults(object);
    errors.push(...secretErrors(admitted, before));
  } else if (kind === kinds.services) {
    admitted = withServiceDefaults(object, before as Service | undefined);
    errors.push(...serviceErrors(admitted as Service));
  } else if (kind === kinds.disruptionBudgets) {
    admitted = withBudgetDefaults(object);
    errors.push(...budgetErrors(admitted as DisruptionBudget));
  }
  if (errors.length > 0) throw invalid(kind, object.metadata.name, errors);
  return admitted;
}

export function negative(field: string, value: unknown): FieldError[] {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return [];
  return [{ field, problem: 'Invalid value', value, detail: 'must be greater than or equal to 0' }];
}

function nameErrors({ group }: Kind, { metadata: { name } }: KubeObject): FieldError[] {
  // Names of roles may hold anything that a path can: `system:node-proxier`.
  if (group === 'rbac.authorization.k8s.io' && /^[^/%]+$/.test(name)) return [];
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) return [];
  const detail =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [{ field: 'metadata.name', problem: 'Invalid value', value: name, detail }];
}

function withDeploymentDefaults(object: KubeObject): Deployment {
  const spec = (object.spec ?? {}) as Partial<Deployment['spec']>;
  const strategy = spec.strategy?.type === 'Recreate' ? spec.strategy : rollingUpdate(spec.strategy);
  return {
    ...object,
    spec: {
      selector: {},
      template: { metadata: {}, spec: { containers: [] } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
      replicas: spec.replicas ?? 1,
      strategy,
    },
    status: object.status ?? {},
  };
}

function rollingUpdate(given: Deployment['spec']['strategy'] | undefined): Deployment['spec']['strategy'] {
  return {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%', ...given?.rollingUpdate },
  };
}

function deploymentErrors({ spec }: Deployment, before: Deployment | undefined): FieldError[] {
  const errors = negative('spec.replicas', spec.replicas);
  const wanted = Object.entries(spec.selector.matchLabels ?? {});
  if (wanted.length === 0) errors.push({ field: 'spec.selector', problem: 'Required value', detail: '' });
  const labels = spec.template.metadata.labels ?? {};
  if (wanted.some(([key, value]) => labels[key] !== value)) {
    errors.push({
      field: 'spec.template.metadata.labels',
      problem: 'Invalid value',
      value: labels,
      detail: '`selector` does not match template `labels`',
    });
  }
  if (spec.template.spec.containers.length === 0) {
    errors.push({ field: 'spec.template.spec.containers', problem: 'Required value', detail: '' });
  }
  if (before && !isDeepStrictEqual(before.spec.selector, spec.selector)) {
    errors.push({
      field: 'spec.selector',
      problem: 'Invalid value',
      value: spec.selector,
      detail: 'field is immutable',
    });
  }
  return errors;
}

function withAutoscalerDefaults(object: KubeObject): Autoscaler {
  const spec = (object.spec ?? {}) as Partial<Autoscaler['spec']>;
  return {
    ...object,
    spec: {
      scaleTargetRef: { kind: '', name: '' },
      maxReplicas: 0,
      ...spec,
      minReplicas: spec.minReplicas ?? 1,
    },
    status: (object.status ?? { desiredReplicas: 0 }) as Autoscaler['status'],
  };
}

function autoscalerErrors({ spec }: Autoscaler): FieldError[] {
  const { minReplicas, maxReplicas, scaleTargetRef } = spec;
  const errors: FieldError[] = [];
  if (scaleTargetRef.name === '') {
    errors.push({ field: 'spec.scaleTargetRef.name', problem: 'Required value', detail: '' });
  }
  if (minReplicas < 1) {
    errors.push({
      field: 'spec.minReplicas',
      problem: 'Invalid value',
      value: minReplicas,
      detail: 'must be greater than or equal to 1',
    });
  }
  if (maxReplicas < 1) {
    errors.push({
      field: 'spec.maxReplicas',
      problem: 'Invalid value',
      value: maxReplicas,
      detail: 'must be greater than 0',
    });
  } else if (maxReplicas < minReplicas) {
    errors.push({
      field: 'spec.maxReplicas',
      problem: 'Invalid value',
      value: maxReplicas,
      detail: 'must be greater than or equal to `minReplicas`',
    });
  }
  return errors;
}
