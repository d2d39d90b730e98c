/** On which machine a database runs, as far as RDS tells it. Pure. */
export interface Whereabouts {
  /** Of Aurora: the instance that writes. */
  readonly instance: string;
  /** `eu-west-1a`; null when RDS does not say. */
  readonly zone: string | null;
}

/** Another zone, or, of Aurora, another writer. What is not known is no move. */
export function hasMoved(before: Whereabouts, now: Whereabouts): boolean {
  if (before.instance !== now.instance && now.instance !== 'none') return true;
  return before.zone !== null && now.zone !== null && before.zone !== now.zone;
}

export function describeWhereabouts({ instance, zone }: Whereabouts): string {
  return `${instance} in ${zone ?? 'an unknown zone'}`;
}
