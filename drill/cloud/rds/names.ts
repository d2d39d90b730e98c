import { AwsError } from '../contract.ts';

/** ARNs of RDS. A global cluster belongs to no region. */
export function arns(account: string) {
  const of = (type: string) => (region: string, name: string) =>
    `arn:aws:rds:${region}:${account}:${type}:${name}`;
  return {
    instance: of('db'),
    cluster: of('cluster'),
    subnetGroup: of('subgrp'),
    parameterGroup: of('pg'),
    clusterParameterGroup: of('cluster-pg'),
    optionGroup: of('og'),
    backup: of('auto-backup'),
    global: (name: string) => `arn:aws:rds::${account}:global-cluster:${name}`,
  };
}

export type Arns = ReturnType<typeof arns>;

/** What an ARN of RDS names; of a plain identifier, the identifier. */
export function nameIn(arnOrName: string): string {
  return arnOrName.startsWith('arn:') ? arnOrName.split(':').slice(6).join(':') : arnOrName;
}

export function regionIn(arn: string): string {
  return arn.split(':')[3] ?? '';
}

/**
 * RDS keeps identifiers in lower case.
 *
 * @throws AwsError `InvalidParameterValue` for one that RDS would not take
 */
export function identifierFrom(sent: string | undefined, what: string): string {
  const identifier = sent?.toLowerCase() ?? '';
  if (/^[a-z](?!.*--)([a-z0-9-]{0,61}[a-z0-9])?$/.test(identifier)) return identifier;
  throw new AwsError(
    'InvalidParameterValue',
    `The parameter ${what} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.`,
  );
}

/** The same in every account of this machine; AWS has one for each account and region. */
const accountPart = 'c1a2b3c4d5e6';

export const endpointNames = {
  instance: (region: string, name: string) => `${name}.${accountPart}.${region}.rds.amazonaws.com`,
  writer: (region: string, name: string) => `${name}.cluster-${accountPart}.${region}.rds.amazonaws.com`,
  reader: (region: string, name: string) => `${name}.cluster-ro-${accountPart}.${region}.rds.amazonaws.com`,
};

/** `default.postgres18` of `postgres`, `18.4`. */
export function defaultParameterGroup(engine = 'postgres', version = '18'): string {
  return `default.${engine}${version.split('.')[0] ?? ''}`;
}

/** `default:postgres-18` of `postgres`, `18.4`. */
export function defaultOptionGroup(engine = 'postgres', version = '18'): string {
  return `default:${engine}-${version.split('.')[0] ?? ''}`;
}
