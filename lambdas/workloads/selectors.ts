import type { Labels, LabelSelector } from '../aws/kubernetes-workload-objects.ts';

/** A service's selector; one that is empty selects nothing (Kubernetes, Service: without selectors). */
export function selects(selector: Labels | null | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/**
 * A budget's selector: an empty one matches all, an absent one nothing (Kubernetes, PodDisruptionBudget of policy/v1).
 * An operator that is not known matches nothing.
 */
export function matches(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  if (!selector) return false;
  const { matchLabels, matchExpressions } = selector;
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
