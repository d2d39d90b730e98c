import { isIPv6 } from 'node:net';
import type { Clock } from '../../clock.ts';
import type { DnsRecord, ZoneAnswer, ZoneView } from '../../cloud/route53/contract.ts';
import { absolute } from '../../cloud/route53/names.ts';
import type { Reply } from './message.ts';

/** Of the names outside the hosted zones, seconds: as a load balancer's. */
const HOST_TTL = 60;
const LONGEST_CHAIN = 8;

interface Entry {
  readonly answer: ZoneAnswer;
  readonly storedAt: number;
  /** Incident time from which it may not be given any more. */
  readonly until: number;
}

interface CachingResolverOptions {
  readonly clock: Clock;
  readonly zones: ZoneView;
  /** The rest of the internet: name to IP address. */
  readonly hosts: (name: string) => string | undefined;
}

/**
 * A recursive resolver: keeps what it was told for as long as the TTL says, in incident time.
 *
 * Negative answers are kept for the TTL of the zone's SOA (RFC 2308). It speaks to the name servers of the
 * hosted zones within this process; what it answers to its own clients goes over the wire.
 */
export class CachingResolver {
  readonly #options: CachingResolverOptions;
  readonly #cache = new Map<string, Entry>();

  constructor(options: CachingResolverOptions) {
    this.#options = options;
  }

  answer(question: { readonly name: string; readonly type: string }): Reply {
    const answers: DnsRecord[] = [];
    let name = absolute(question.name);
    for (let chain = 0; chain < LONGEST_CHAIN; chain++) {
      const { code, answers: found, authorities, authoritative } = this.#ask(name, question.type);
      if (!authoritative && code === 'NOERROR') return failed; // a zone delegated to servers that are not there
      answers.push(...found);
      const last = found.at(-1);
      const target = last?.type === 'CNAME' && question.type !== 'CNAME' ? absolute(last.value) : undefined;
      if (target === undefined || code !== 'NOERROR')
        return { code, authoritative: false, recursive: true, answers, authorities };
      name = target;
    }
    return failed;
  }

  #ask(name: string, type: string): ZoneAnswer {
    const key = `${name} ${type}`;
    const now = this.#options.clock.now();
    const kept = this.#cache.get(key);
    if (kept && now < kept.until) return aged(kept, now);
    const fresh = this.#options.zones.answer({ name, type });
    if (fresh.code === 'REFUSED') return this.#host(name, type);
    const records = fresh.answers.length > 0 ? fresh.answers : fresh.authorities;
    const seconds = Math.min(...records.map(({ ttl }) => ttl));
    if (Number.isFinite(seconds))
      this.#cache.set(key, { answer: fresh, storedAt: now, until: now + seconds * 1_000 });
    return fresh;
  }

  #host(name: string, type: string): ZoneAnswer {
    const address = this.#options.hosts(name.replace(/\.$/, ''));
    const matches = address !== undefined && type === (isIPv6(address) ? 'AAAA' : 'A');
    return {
      code: address === undefined ? 'NXDOMAIN' : 'NOERROR',
      authoritative: true,
      answers: matches ? [{ name, type, ttl: HOST_TTL, value: address }] : [],
      authorities: [],
    };
  }
}

const failed: Reply = {
  code: 'SERVFAIL',
  authoritative: false,
  recursive: true,
  answers: [],
  authorities: [],
};

/** What is left of the TTLs, rounded down: nobody may keep an answer for longer than its server said. */
function aged({ answer, storedAt }: Entry, now: number): ZoneAnswer {
  const age = (now - storedAt) / 1_000;
  const older = (records: readonly DnsRecord[]) =>
    records.map((record) => ({ ...record, ttl: Math.max(0, Math.floor(record.ttl - age)) }));
  return { ...answer, answers: older(answer.answers), authorities: older(answer.authorities) };
}
