import type { HealthCheckConfig, HealthCheckRegion, HealthCheckType } from '@aws-sdk/client-route-53';
import { isIP } from 'node:net';
import { invalidInput } from '../read-change.ts';

/** Where health checkers are (HealthCheckConfig.Regions); all of them unless a check says otherwise. */
export const checkerRegions = [
  'us-east-1',
  'us-west-1',
  'us-west-2',
  'eu-west-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'sa-east-1',
] as const satisfies HealthCheckRegion[];

const endpointTypes: ReadonlySet<string> = new Set([
  'HTTP',
  'HTTPS',
  'HTTP_STR_MATCH',
  'HTTPS_STR_MATCH',
  'TCP',
] satisfies HealthCheckType[]);

/** Not routable from the checkers. The documentation ranges are left out: the local world lives in them. */
const PRIVATE =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

const onlyEndpoint = [
  'IPAddress',
  'Port',
  'ResourcePath',
  'FullyQualifiedDomainName',
  'SearchString',
  'RequestInterval',
  'FailureThreshold',
  'MeasureLatency',
  'EnableSNI',
  'Regions',
] as const satisfies (keyof HealthCheckConfig)[];
const onlyCalculated = ['HealthThreshold', 'ChildHealthChecks'] as const;
const onlyAlarm = ['AlarmIdentifier', 'InsufficientDataHealthStatus'] as const;

export function isEndpoint({ Type }: HealthCheckConfig): boolean {
  return Type !== undefined && endpointTypes.has(Type);
}

/**
 * A configuration that Route 53 would take, with its defaults filled in.
 *
 * @param exists whether there is a health check of an id, for the children of a calculated one
 * @throws AwsError `InvalidInput`
 */
export function readConfig(config: HealthCheckConfig, exists: (id: string) => boolean): HealthCheckConfig {
  const shared = { Inverted: config.Inverted ?? false, Disabled: config.Disabled ?? false };
  if (isEndpoint(config)) {
    refuseMembers(config, [...onlyCalculated, ...onlyAlarm], 'Basic health checks');
    return { ...readEndpoint(config), ...shared };
  }
  if (config.Type === 'CALCULATED') {
    refuseMembers(config, [...onlyEndpoint, ...onlyAlarm], 'Calculated health checks');
    const { HealthThreshold: threshold, ChildHealthChecks: children = [] } = config;
    requireWhole('HealthThreshold', threshold, 0, 256);
    if (children.length > 255) throw invalid('a calculated health check can have at most 255 children');
    const unknown = children.filter((id) => !exists(id));
    if (unknown.length > 0) throw invalid(`child health checks do not exist: ${unknown.join(', ')}`);
    return { ...config, ChildHealthChecks: [...children], ...shared };
  }
  if (config.Type === 'CLOUDWATCH_METRIC') {
    refuseMembers(config, [...onlyEndpoint, ...onlyCalculated], 'CloudWatch metric health checks');
    const { Name, Region } = config.AlarmIdentifier ?? {};
    if (Name === undefined || Region === undefined) throw invalid('AlarmIdentifier needs Name and Region');
    if (config.InsufficientDataHealthStatus === undefined)
      throw invalid('InsufficientDataHealthStatus is missing');
    return { ...config, ...shared };
  }
  throw invalid(`the local cloud has no health checks of type ${config.Type ?? 'undefined'}`);
}

function readEndpoint(config: HealthCheckConfig): HealthCheckConfig {
  const { Type = '', IPAddress, FullyQualifiedDomainName, SearchString, ResourcePath, Regions } = config;
  if (IPAddress === undefined && FullyQualifiedDomainName === undefined)
    throw invalid('either IPAddress or FullyQualifiedDomainName must be specified');
  if (IPAddress !== undefined && isIP(IPAddress) === 0)
    throw invalid(`IPAddress ${IPAddress} is not an IP address`);
  if (IPAddress !== undefined && PRIVATE.test(IPAddress))
    throw invalid(`IPAddress ${IPAddress} is in a range that health checkers cannot reach`);
  const matches = Type.endsWith('_STR_MATCH');
  if (matches !== (SearchString !== undefined && SearchString !== ''))
    throw invalid(
      matches ? 'SearchString is missing' : `SearchString must not be specified for type ${Type}`,
    );
  if (SearchString !== undefined && SearchString.length > 255)
    throw invalid('SearchString is longer than 255');
  if (Type === 'TCP' && ResourcePath !== undefined)
    throw invalid('ResourcePath must not be specified for type TCP');
  if (ResourcePath !== undefined && ResourcePath.length > 255)
    throw invalid('ResourcePath is longer than 255');
  const port = config.Port ?? (Type === 'TCP' ? undefined : Type.startsWith('HTTPS') ? 443 : 80);
  requireWhole('Port', port, 1, 65_535);
  const interval = config.RequestInterval ?? 30;
  if (interval !== 10 && interval !== 30) throw invalid('RequestInterval must be 10 or 30');
  const threshold = config.FailureThreshold ?? 3;
  requireWhole('FailureThreshold', threshold, 1, 10);
  if (Regions !== undefined) requireRegions(Regions);
  return {
    ...config,
    Port: port,
    RequestInterval: interval,
    FailureThreshold: threshold,
    MeasureLatency: config.MeasureLatency ?? false,
    ...(Type !== 'TCP' && { ResourcePath: withSlash(ResourcePath) }),
    ...(Type.startsWith('HTTPS') && { EnableSNI: config.EnableSNI ?? true }),
  };
}

function requireRegions(regions: readonly string[]): void {
  const known: readonly string[] = checkerRegions;
  const odd = regions.filter((region) => !known.includes(region));
  if (odd.length > 0) throw invalid(`no health checkers in ${odd.join(', ')}`);
  if (new Set(regions).size < 3) throw invalid('Regions must name at least 3 regions');
}

function withSlash(path = ''): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function refuseMembers(
  config: HealthCheckConfig,
  members: readonly (keyof HealthCheckConfig)[],
  who: string,
): void {
  const given = members.filter((member) => config[member] !== undefined);
  if (given.length > 0) throw invalid(`${who} must not have ${given.join(', ')} specified.`);
}

function requireWhole(what: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || !Number.isInteger(value) || value < least || value > most)
    throw invalid(`${what} must be a whole number from ${least} to ${most}`);
}

function invalid(what: string) {
  return invalidInput(`Invalid parameter : ${what}`);
}
