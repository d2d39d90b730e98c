import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';

/** What must hold between the members of an environment, each member being right by itself. */
interface Whole {
  readonly sites: {
    readonly primary: { readonly region: string; readonly host: string };
    readonly standby: {
      readonly region: string;
      readonly host: string;
      readonly nodeGroups: readonly {
        readonly name: string;
        readonly min: number;
        readonly desired: number;
        readonly max: number;
      }[];
      readonly deployments: readonly { readonly name: string }[];
    };
  };
  readonly dns: {
    readonly mode: string;
    readonly zoneName: string;
    readonly records: readonly Record_[];
  };
  readonly severities: Readonly<
    Record<string, { readonly rto: number; readonly rpo: number; readonly updateEvery: number }>
  >;
}

interface Record_ {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly setIdentifier?: string | undefined;
  readonly weight?: number | undefined;
  readonly primary: Target;
  readonly standby: Target;
}

type Target = { readonly values: readonly string[] } | { readonly alias: { readonly dnsName: string } };

type Complain = (path: readonly (string | number)[], allowed: string) => void;

export function checkWhole(environment: Whole, context: z.core.$RefinementCtx): void {
  const complain: Complain = (path, allowed) => {
    context.addIssue({ code: 'custom', path: [...path], message: allowed });
  };
  checkSites(environment, complain);
  checkRecords(environment, complain);
  for (const [name, { rto, updateEvery }] of Object.entries(environment.severities)) {
    if (updateEvery > rto)
      complain(
        ['severities', name, 'updateEvery'],
        `at most the RTO, ${rto}s: an update after it is too late`,
      );
  }
}

function checkSites({ sites }: Whole, complain: Complain): void {
  const { primary, standby } = sites;
  if (standby.region === primary.region) {
    complain(['sites', 'standby', 'region'], `another region than the primary's (${primary.region})`);
  }
  if (standby.host === primary.host)
    complain(['sites', 'standby', 'host'], `another host than the primary's`);
  standby.nodeGroups.forEach((group, index) => {
    if (!(group.min <= group.desired && group.desired <= group.max)) {
      complain(['sites', 'standby', 'nodeGroups', index], 'min <= desired <= max');
    }
  });
  unique(
    standby.nodeGroups.map(({ name }) => name),
    ['sites', 'standby', 'nodeGroups'],
    complain,
  );
  unique(
    standby.deployments.map(({ name }) => name),
    ['sites', 'standby', 'deployments'],
    complain,
  );
}

function checkRecords({ dns }: Whole, complain: Complain): void {
  dns.records.forEach((record, index) => {
    const at = (...path: readonly (string | number)[]) => ['dns', 'records', index, ...path];
    if (record.name !== dns.zoneName && !record.name.endsWith(`.${dns.zoneName}`)) {
      complain(at('name'), `a name in the zone ${dns.zoneName}`);
    }
    if (record.type === 'CNAME' && record.name === dns.zoneName) {
      complain(at('type'), 'A or AAAA (an alias): the top of a zone cannot be a CNAME');
    }
    if ((record.weight === undefined) !== (record.setIdentifier === undefined)) {
      complain(at('setIdentifier'), 'weight and setIdentifier together, for a weighted record, or neither');
    }
    if (record.weight !== undefined && dns.mode === 'switch') {
      complain(at('weight'), 'no weight in mode switch: a failover record cannot be weighted too');
    }
    for (const site of ['primary', 'standby'] as const) checkTarget(record, site, at, complain);
    if (JSON.stringify(record.primary) === JSON.stringify(record.standby)) {
      complain(at('standby'), "another target than the primary's");
    }
  });
  const keys = dns.records.map(({ name, type, setIdentifier }) =>
    [name, type, setIdentifier].filter(Boolean).join(' '),
  );
  unique(keys, ['dns', 'records'], complain);
}

const valueOf = {
  A: { allowed: 'IPv4 addresses', fits: (value: string) => isIPv4(value) },
  AAAA: { allowed: 'IPv6 addresses', fits: (value: string) => isIPv6(value) },
  CNAME: { allowed: 'one DNS name', fits: (value: string) => /^[a-z0-9_.-]+\.[a-z]+\.?$/i.test(value) },
} as const;

function checkTarget(
  record: Record_,
  site: 'primary' | 'standby',
  at: (...path: readonly (string | number)[]) => (string | number)[],
  complain: Complain,
): void {
  const target = record[site];
  if (!('values' in target)) {
    if (record.type === 'CNAME') complain(at(site, 'alias'), 'values: an alias is of type A or AAAA');
    return;
  }
  const { allowed, fits } = valueOf[record.type];
  target.values.forEach((value, index) => {
    if (!fits(value)) complain(at(site, 'values', index), allowed);
  });
  if (record.type === 'CNAME' && target.values.length > 1)
    complain(at(site, 'values'), valueOf.CNAME.allowed);
}

function unique(keys: readonly string[], path: readonly (string | number)[], complain: Complain): void {
  keys.forEach((key, index) => {
    if (keys.indexOf(key) !== index) complain([...path, index], `each only once (${key} is listed before)`);
  });
}
