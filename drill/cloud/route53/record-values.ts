import type { RRType } from '@aws-sdk/client-route-53';
import { isIPv4, isIPv6 } from 'node:net';
import { nameFault } from './names.ts';

/** Types whose values the local cloud can check and its DNS server can put on the wire. */
export const supportedTypes: ReadonlySet<string> = new Set([
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'MX',
  'NS',
  'PTR',
  'SOA',
  'SPF',
  'SRV',
  'TXT',
] satisfies RRType[]);

const DOMAIN = /^[^\s"]+$/;

/**
 * Why a value is not one of its type, in Route 53's words; undefined when it is.
 *
 * The texts of A, AAAA and TXT are AWS's own; the others are made in their likeness.
 */
export function valueFault(type: string, value: string): string | undefined {
  const fault = faultOf(type, value);
  return fault === undefined ? undefined : `Invalid Resource Record: 'FATAL problem: ${fault}'`;
}

function faultOf(type: string, value: string): string | undefined {
  const encountered = `encountered with '${value}'`;
  const malformed = (form: string) =>
    `${type}RRDATANotSpaceSeparated (Value should be ${form}) ${encountered}`;
  const parts = value.split(' ');
  switch (type) {
    case 'A':
      return isIPv4(value)
        ? undefined
        : `ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) ${encountered}`;
    case 'AAAA':
      return isIPv6(value)
        ? undefined
        : `AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) ${encountered}`;
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return DOMAIN.test(value)
        ? nameFault(value)
        : `InvalidDomainName (Value is not a domain name) ${encountered}`;
    case 'TXT':
    case 'SPF': {
      const strings = characterStrings(value);
      if (!strings)
        return `InvalidCharacterString (Value should be enclosed in quotation marks) ${encountered}`;
      return strings.some((text) => Buffer.byteLength(text, 'latin1') > 255)
        ? `TXTRDATATooLong (Value is too long) ${encountered}`
        : undefined;
    }
    case 'MX':
      return numbers(parts.slice(0, -1), 1)
        ? nameFault(parts[1] ?? '')
        : malformed('a priority and a domain name');
    case 'SRV':
      return numbers(parts.slice(0, -1), 3)
        ? nameFault(parts[3] ?? '')
        : malformed('priority, weight, port and a domain name');
    case 'SOA':
      return parts.length === 7 && numbers(parts.slice(2), 5) ? undefined : malformed('seven fields');
    case 'CAA':
      return /^\d{1,3} (issue|issuewild|iodef) "[^"]*"$/.test(value)
        ? undefined
        : malformed('flags, tag and "value"');
    default:
      return `${type} is not a type that the local cloud knows`;
  }
}

function numbers(fields: readonly string[], count: number): boolean {
  return fields.length === count && fields.every((field) => /^\d{1,10}$/.test(field));
}

/** The strings of a TXT value, `"one" "two"`, escapes undone; undefined when it is not made of quoted strings. */
export function characterStrings(value: string): readonly string[] | undefined {
  if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/s.test(value)) return undefined;
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, text = '']) =>
    text.replace(/\\([0-7]{3}|.)/gs, (_, escaped: string) =>
      escaped.length === 3 ? String.fromCharCode(Number.parseInt(escaped, 8)) : escaped,
    ),
  );
}
