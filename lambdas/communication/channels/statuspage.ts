import type { NoticeKind, Severity } from '../../incident/contract.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { ChannelSettings, Delivery, Send } from '../contract.ts';
import { cutToCharacters } from '../render/cut.ts';
import { plainText } from '../render/plain.ts';
import { callApi, members, pathPart, withToken, type ApiRequest } from './http.ts';
import { referenceOf } from './ticket-templates.ts';

/** Words to the public by the API of Statuspage, or of what speaks like it. */

const api = 'https://api.statuspage.io/v1';

/** Characters (Statuspage's reference of `POST /pages/{page_id}/incidents`). */
const limits = { name: 255, body: 25_000 } as const;

/** Only what the public may hear: of questions, milestones and calls it hears nothing. */
const told: ReadonlySet<NoticeKind> = new Set(['opened', 'update', 'escalation', 'recovered']);

const impacts: Readonly<Record<Severity, 'critical' | 'major' | 'minor' | 'none'>> = {
  P0: 'critical',
  P1: 'major',
  P2: 'minor',
  P3: 'none',
};

/**
 * An incident on the page: opened by the first word, followed by an update for each one after it.
 *
 * What we know it by is in its metadata, with the last word that it was told: an answer that is lost leaves neither a
 * second incident nor the same update twice.
 */
export function sendToStatuspage({ pageId, keySecret }: NonNullable<ChannelSettings['statuspage']>): Send {
  return async (delivery, signal) => {
    const { incident, message } = delivery;
    if (!told.has(message.kind)) {
      throw new ChannelFailure(`the public does not hear ${message.kind}`, { again: false });
    }
    if (incident.mode === 'plan') throw new ChannelFailure('a plan is not published', { again: false });
    return withToken(keySecret, async (key) => {
      const page = new Page(pageId, key, signal);
      const reference = referenceOf(incident, message);
      const known =
        delivery.ref === undefined
          ? await page.find(incident.id, statusOf(delivery))
          : await page.read(delivery.ref);
      if (!known) {
        const opened = await page.open(delivery, reference);
        return { ref: opened };
      }
      if (known.lastTold !== reference) await page.update(known.ref, delivery, reference);
      return { ref: known.ref };
    });
  };
}

interface Known {
  readonly ref: string;
  readonly incident: unknown;
  /** Reference of the last word it was told. */
  readonly lastTold: unknown;
}

class Page {
  readonly #pageId: string;
  readonly #key: string;
  readonly #signal: AbortSignal;

  constructor(pageId: string, key: string, signal: AbortSignal) {
    this.#pageId = pageId;
    this.#key = key;
    this.#signal = signal;
  }

  async read(ref: string): Promise<Known> {
    return known(await this.#call('GET', `/${pathPart(ref)}`), ref);
  }

  /** What an answer that was lost left behind. A last word may have left it resolved. */
  async find(incidentId: string, status: string | undefined): Promise<Known | undefined> {
    const answer = await this.#call('GET', status === 'resolved' ? '?limit=100' : '/unresolved');
    const own = Array.isArray(answer) ? answer.map((each: unknown) => known(each)) : [];
    return own.find(({ incident }) => incident === incidentId);
  }

  async open(delivery: Delivery, reference: string): Promise<string> {
    const { incident, message } = delivery;
    const answer = await this.#call('POST', '', {
      name: cutToCharacters(message.content.subject, limits.name),
      status: statusOf(delivery) ?? 'investigating',
      impact_override: impacts[incident.severity],
      ...this.#words(delivery, reference),
    });
    const { id } = members(answer);
    if (typeof id !== 'string') {
      throw new ChannelFailure('Statuspage took the incident, and named no id', { again: true });
    }
    return id;
  }

  async update(ref: string, delivery: Delivery, reference: string): Promise<void> {
    const status = statusOf(delivery);
    await this.#call('PATCH', `/${pathPart(ref)}`, {
      ...(status === undefined ? {} : { status }),
      ...this.#words(delivery, reference),
    });
  }

  /** Who has subscribed gets no mail that says that nothing has happened. */
  #words({ incident, message: { content } }: Delivery, reference: string): object {
    return {
      body: escaped(plainText(content, limits.body), limits.body),
      deliver_notifications: content.unchanged !== true,
      metadata: { lifeboat: { incident: incident.id, told: reference } },
    };
  }

  #call(method: ApiRequest['method'], path: string, incident?: object): Promise<unknown> {
    return callApi(
      {
        service: 'Statuspage',
        method,
        url: `${api}/pages/${pathPart(this.#pageId)}/incidents${path}`,
        headers: { authorization: `OAuth ${this.#key}` },
        ...(incident === undefined ? {} : { body: { incident } }),
        secrets: [this.#key],
      },
      this.#signal,
    );
  }
}

function known(answer: unknown, ref?: string): Known {
  const { id, metadata } = members(answer);
  const { incident, told: lastTold } = members(members(metadata)['lifeboat']);
  return { ref: ref ?? String(id), incident, lastTold };
}

/**
 * Identified is what is known to be real and is being mended; `monitoring` would say that it is mended, and that is
 * resolved. Undefined, when the ledger is silent: an update leaves the status as it is.
 */
function statusOf({ message: { kind }, record }: Delivery): string | undefined {
  if (kind === 'recovered') return 'resolved';
  if (kind === 'escalation') return 'identified';
  if (!record) return kind === 'opened' ? 'investigating' : undefined;
  return record.confirmedAt === undefined ? 'investigating' : 'identified';
}

/** The page shows what stands in angle brackets as HTML. Cut again, for it got longer, and never within an entity. */
function escaped(text: string, length: number): string {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return safe.length <= length ? safe : `${cutToCharacters(safe, length).replace(/(&[a-z]{0,3})?…$/, '')}…`;
}
