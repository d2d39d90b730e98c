import type { Answer } from 'dns-packet';
import type { DnsRecord } from '../../cloud/route53/contract.ts';
import { characterStrings } from '../../cloud/route53/record-values.ts';

/**
 * A record in the form that dns-packet encodes.
 *
 * @throws Error for a type that no zone can hold
 */
export function encodable({ name, type, ttl, value }: DnsRecord): Answer {
  const shared = { name: plain(name), ttl, class: 'IN' as const };
  const fields = value.split(' ');
  const text = (index: number) => fields[index] ?? '';
  const number = (index: number) => Number(text(index));
  switch (type) {
    case 'A':
    case 'AAAA':
      return { ...shared, type, data: value };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...shared, type, data: plain(value) };
    case 'TXT':
    case 'SPF': // the old name of what everybody asks as TXT
      return {
        ...shared,
        type: 'TXT',
        data: (characterStrings(value) ?? [value]).map((string) => Buffer.from(string, 'latin1')),
      };
    case 'MX':
      return { ...shared, type, data: { preference: number(0), exchange: plain(text(1)) } };
    case 'SRV':
      return {
        ...shared,
        type,
        data: { priority: number(0), weight: number(1), port: number(2), target: plain(text(3)) },
      };
    case 'SOA':
      return {
        ...shared,
        type,
        data: {
          mname: plain(text(0)),
          rname: plain(text(1)),
          serial: number(2),
          refresh: number(3),
          retry: number(4),
          expire: number(5),
          minimum: number(6),
        },
      };
    case 'CAA': {
      const [, flags = '0', tag = 'issue', quoted = ''] =
        /^(\d+) (issue|issuewild|iodef) "([^"]*)"$/.exec(value) ?? [];
      return {
        ...shared,
        type,
        data: {
          flags: Number(flags),
          tag: tag as 'issue',
          value: quoted,
          issuerCritical: Number(flags) >= 128,
        },
      };
    }
    default:
      throw new Error(`no DNS server of the world gives out ${type} records`);
  }
}

function plain(name: string): string {
  return name === '.' ? name : name.replace(/\.$/, '');
}
