import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { afterEach } from 'vitest';
import type { WorldClock } from '../../../../drill/clock.ts';
import { AwsError, type MetricSink } from '../../../../drill/cloud/contract.ts';
import { Metrics } from '../../../../drill/cloud/monitoring/metrics.ts';
import type { ProbeTarget, Route53Needs } from '../../../../drill/cloud/route53/contract.ts';
import { route53 } from '../../../../drill/cloud/route53/route53.ts';
import { call, testFoundation } from '../foundation.ts';

export const zoneId = 'Z0123456789ABCDEFGHIJ';
export const nameServers = ['ns-1.awsdns-01.com', 'ns-2.awsdns-02.net'];

/** Stopped after each test: checkers that nobody needs any more would go on for ever. */
const clocks: WorldClock[] = [];
afterEach(() => clocks.splice(0).forEach((clock) => clock.stop()));

type Alarm = NonNullable<ReturnType<Route53Needs['alarms']['alarm']>>;

/** Route 53 with the zone company.com, on the virtual clock, and everything it asks of others. */
export function zoneWorld(options: Partial<Route53Needs> & { records?: ResourceRecordSet[] } = {}) {
  const { records = [], ...needs } = options;
  const { foundation, clock, told } = testFoundation();
  clocks.push(clock);
  const start = clock.now();
  const metrics = new Metrics(() => clock.now());
  const published: (Parameters<MetricSink['put']>[0] & { after: number })[] = [];
  const alarms = new Map<string, Alarm>();
  /** Hosts that do not answer. */
  const down = new Set<string>();
  const probed: { target: ProbeTarget; after: number }[] = [];
  const service = route53(foundation, {
    metrics: {
      put(sample) {
        published.push({ ...sample, after: clock.now() - start });
        metrics.put(sample);
      },
    },
    samples: metrics,
    alarms: { alarm: (region, name) => alarms.get(`${region} ${name}`) },
    async probe(target) {
      probed.push({ target, after: clock.now() - start });
      return !down.has(target.host);
    },
    ...needs,
  });
  service.seedZone({ id: zoneId, name: 'company.com', nameServers, records });
  const ask = (name: string, input: unknown) => call(service.service, name, input, 'us-east-1');
  return {
    service,
    clock,
    start,
    told,
    metrics,
    published,
    alarms,
    down,
    probed,
    ask,
    /** Sleep until so many seconds after the start. */
    until: (seconds: number) => clock.sleep(start + seconds * 1_000 - clock.now()),
    change: async (...changes: Change[]) =>
      (await ask('ChangeResourceRecordSets', { HostedZoneId: zoneId, ChangeBatch: { Changes: changes } }))[
        'ChangeInfo'
      ] as { Id: string; Status: string },
    /** Why a call was refused: `Code: message`. */
    refusal: async (attempt: Promise<unknown>) => {
      const error: unknown = await attempt.then(() => undefined).catch((thrown: unknown) => thrown);
      if (!(error instanceof AwsError)) throw new Error('it was not refused by Route 53');
      return `${error.code}: ${error.message}`;
    },
    values: (name: string, type = 'A') =>
      service.zones.answer({ name, type }).answers.map(({ value }) => value),
    code: (name: string, type = 'A') => service.zones.answer({ name, type }).code,
    createCheck: async (config: Record<string, unknown>, reference = 'one') =>
      (await ask('CreateHealthCheck', { CallerReference: reference, HealthCheckConfig: config }))[
        'HealthCheck'
      ] as {
        Id: string;
        HealthCheckVersion: number;
        HealthCheckConfig: Record<string, unknown>;
      },
  };
}

export function a(
  name: string,
  values: string | string[],
  more: Partial<ResourceRecordSet> = {},
): ResourceRecordSet {
  return {
    Name: name,
    Type: 'A',
    TTL: 30,
    ResourceRecords: [values].flat().map((Value) => ({ Value })),
    ...more,
  };
}

export const upsert = (ResourceRecordSet: ResourceRecordSet): Change => ({
  Action: 'UPSERT',
  ResourceRecordSet,
});
export const create = (ResourceRecordSet: ResourceRecordSet): Change => ({
  Action: 'CREATE',
  ResourceRecordSet,
});
export const remove = (ResourceRecordSet: ResourceRecordSet): Change => ({
  Action: 'DELETE',
  ResourceRecordSet,
});

export const endpointCheck = {
  Type: 'HTTPS',
  FullyQualifiedDomainName: 'primary.company.com',
  ResourcePath: '/health',
  RequestInterval: 10,
  FailureThreshold: 3,
};
