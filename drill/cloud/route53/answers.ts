import { choose } from './choose.ts';
import type { DnsRecord, OutsideNames, ZoneAnswer } from './contract.ts';
import type { HostedZone } from './hosted-zone.ts';
import { absolute, isWithin, parentOf } from './names.ts';
import type { RecordSet } from './record-set.ts';

/** Of records that an alias gives for a load balancer, seconds (Choosing between alias and non-alias records). */
const ALIAS_TTL = 60;
const DEEPEST_CHAIN = 8;

interface AnswerNeeds {
  readonly zones: () => Iterable<HostedZone>;
  /** Undefined: there is no such check, which never keeps a record from being answered. */
  readonly healthOf: (healthCheckId: string) => boolean | undefined;
  readonly outside: OutsideNames | undefined;
  readonly random: () => number;
}

const refused: ZoneAnswer = { code: 'REFUSED', authoritative: false, answers: [], authorities: [] };

/** What the name servers of the hosted zones answer. */
export class Answers {
  readonly #needs: AnswerNeeds;

  constructor(needs: AnswerNeeds) {
    this.#needs = needs;
  }

  answer(question: { readonly name: string; readonly type: string }): ZoneAnswer {
    const name = absolute(question.name);
    let zone: HostedZone | undefined;
    for (const candidate of this.#needs.zones()) {
      if (isWithin(name, candidate.name) && candidate.name.length > (zone?.name.length ?? 0))
        zone = candidate;
    }
    return zone ? this.#inZone(zone, name, question.type, 0) : refused;
  }

  #inZone(zone: HostedZone, name: string, type: string, depth: number): ZoneAnswer {
    const referral = this.#referral(zone, name, type);
    if (referral) return { code: 'NOERROR', authoritative: false, answers: [], authorities: referral };
    const here = zone.published.at(name) ?? wildcard(zone, name);
    const sets = here?.get(type);
    if (sets) {
      const answers = this.#recordsOf(zone, sets, name, 0);
      return answers.length > 0 ? found(answers) : this.#nothing(zone, 'NOERROR');
    }
    const cnames = here?.get('CNAME');
    if (cnames) {
      const answers = this.#recordsOf(zone, cnames, name, 0);
      const target = absolute(answers[0]?.value ?? '');
      if (depth >= DEEPEST_CHAIN || !isWithin(target, zone.name)) return found(answers);
      const rest = this.#inZone(zone, target, type, depth + 1);
      return { ...rest, authoritative: true, answers: [...answers, ...rest.answers] };
    }
    return this.#nothing(zone, here || zone.published.exists(name) ? 'NOERROR' : 'NXDOMAIN');
  }

  /** NS records of the delegation that the name is under; its own NS is asked of the parent, too. */
  #referral(zone: HostedZone, name: string, type: string): readonly DnsRecord[] | undefined {
    const above: string[] = [];
    for (let at: string | undefined = name; at !== undefined && at !== zone.name; at = parentOf(at))
      above.unshift(at);
    const cut = above.find((at) => zone.published.at(at)?.has('NS'));
    if (cut === undefined || (cut === name && type === 'DS')) return undefined;
    return this.#recordsOf(zone, zone.published.at(cut)?.get('NS') ?? [], cut, 0);
  }

  #recordsOf(
    zone: HostedZone,
    sets: readonly RecordSet[],
    owner: string,
    depth: number,
  ): readonly DnsRecord[] {
    const set = choose(sets, (candidate) => this.#healthy(zone, candidate, depth), this.#needs.random);
    if (!set || depth > DEEPEST_CHAIN) return [];
    const { content, type } = set;
    if (content.kind === 'values')
      return content.values.map((value) => ({ name: owner, type, ttl: content.ttl, value }));
    if (content.zoneId !== zone.id) {
      const values = this.#needs.outside?.resolve(content.name.replace(/\.$/, ''), type) ?? [];
      return values.map((value) => ({ name: owner, type, ttl: ALIAS_TTL, value }));
    }
    const targets = zone.published.at(content.name)?.get(type) ?? [];
    return this.#recordsOf(zone, targets, owner, depth + 1);
  }

  #healthy(zone: HostedZone, { content, healthCheckId, type }: RecordSet, depth: number): boolean {
    if (healthCheckId !== undefined && this.#needs.healthOf(healthCheckId) === false) return false;
    if (content.kind === 'values' || !content.evaluateTargetHealth || depth > DEEPEST_CHAIN) return true;
    if (content.zoneId !== zone.id)
      return this.#needs.outside?.healthy(content.name.replace(/\.$/, '')) ?? true;
    const targets = zone.published.at(content.name)?.get(type) ?? [];
    return targets.some((target) => this.#healthy(zone, target, depth + 1));
  }

  /** No such name, or none of the type: with the zone's SOA, whose TTL says for how long that may be kept. */
  #nothing(zone: HostedZone, code: 'NOERROR' | 'NXDOMAIN'): ZoneAnswer {
    const soa = zone.published.at(zone.name)?.get('SOA') ?? [];
    const authorities = this.#recordsOf(zone, soa, zone.name, 0).map((record) => ({
      ...record,
      ttl: Math.min(record.ttl, Number(record.value.split(' ').at(-1))),
    }));
    return { code, authoritative: true, answers: [], authorities };
  }
}

function found(answers: readonly DnsRecord[]): ZoneAnswer {
  return { code: 'NOERROR', authoritative: true, answers, authorities: [] };
}

/** The wildcard that speaks for a name: below its closest ancestor that exists (RFC 4592). */
function wildcard(zone: HostedZone, name: string): ReadonlyMap<string, readonly RecordSet[]> | undefined {
  if (zone.published.exists(name)) return undefined;
  let encloser = parentOf(name);
  while (encloser !== undefined && encloser !== zone.name && !zone.published.exists(encloser)) {
    encloser = parentOf(encloser);
  }
  return encloser === undefined ? undefined : zone.published.at(`*.${encloser}`);
}
