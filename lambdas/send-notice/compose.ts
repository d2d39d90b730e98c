import { describeFailure } from '../aws/api-failure.ts';
import { secretToken } from '../aws/secret-token.ts';
import { contentOf } from '../communication/content/content.ts';
import type { Message } from '../communication/contract.ts';
import { lastWord, nextUpdateOf, type Due } from '../communication/due.ts';
import type { AskedQuestion, News } from '../communication/news.ts';
import { reportLink } from '../communication/report/link.ts';
import { readApproval, gates } from '../incident/approval.ts';
import type { Audience, IncidentRecord, IncidentRef } from '../incident/contract.ts';
import type { Ledger } from '../incident/ledger.ts';
import { acknowledgeLink, signedLink } from '../incident/signed-link.ts';
import { log } from '../runtime/log.ts';
import { region } from '../runtime/settings.ts';
import type { Settings } from './contract.ts';

/** What a notice is made of, gathered: the record, the question, the links. */

/** Where people answer, as the deployment knows it. */
export interface Links {
  readonly answerUrl?: string;
  readonly acknowledgeUrl?: string;
}

/** Those who act on an incident: only they get what acts on it. */
const colleagues: ReadonlySet<Audience> = new Set(['oncall', 'oncall-secondary']);
const insiders: ReadonlySet<Audience> = new Set(['oncall', 'oncall-secondary', 'management']);

/** A link to take the call is good for as long as an incident may run, seconds. */
const acknowledgeFor = 36 * 60 * 60;

export function composer(
  settings: Settings,
  links: Links,
  ledger: Ledger,
  incident: IncidentRef,
): (due: Due, record: IncidentRecord | null, now: number) => Promise<Message> {
  const { application, publicName, contacts, environment, ledgerBucket, signingSecret } = settings;
  const signed = (make: (key: string) => string) => withKey(signingSecret, incident, make);

  return async (due, record, now) => {
    const { kind, channel, audience, key, detail, percent } = due;
    const last = record ? lastWord(record, due) : undefined;
    const { acknowledgeUrl: base } = links;
    const canAcknowledge =
      base !== undefined &&
      colleagues.has(audience) &&
      record?.state === 'open' &&
      record.acknowledged === undefined &&
      incident.mode === 'live';
    const expires = Math.floor(Date.parse(incident.startedAt) / 1_000) + acknowledgeFor;
    const acknowledgeUrl = canAcknowledge
      ? await signed((secret) =>
          acknowledgeLink(base, secret, environment, { incident: incident.id, expires }),
        )
      : undefined;
    const asked = due.question ? await questionOf(due.question.gate, due.question.askedAt) : undefined;
    const report = insiders.has(audience) ? record?.report : undefined;
    const isOpen = record === null || record.state === 'open';
    const news: News = {
      incident,
      kind,
      audience,
      record,
      now,
      application,
      publicName,
      contacts: contacts[audience],
      nextUpdateAt: isOpen ? nextUpdateOf({ ref: incident }, settings, due, now) : null,
      ...(detail === undefined ? {} : { detail }),
      ...(percent === undefined ? {} : { percent }),
      ...(last ? { since: last.at } : {}),
      ...(asked ? { asked } : {}),
      ...(acknowledgeUrl === undefined ? {} : { acknowledgeUrl }),
      ...(report ? { reportUrl: reportLink(ledgerBucket, region(), report.html) } : {}),
    };
    return { kind, channel, audience, key, content: contentOf(news) };
  };

  /** As the gate asked it; by the record alone when it cannot be read. */
  async function questionOf(name: string, askedAt: string): Promise<AskedQuestion | undefined> {
    const gate = gates.find((each) => each === name);
    const approval = gate ? await readApproval(ledger, incident.id, gate) : null;
    if (!gate || approval?.askedAt !== askedAt) return undefined;
    const { question, evidence, expiresAt } = approval;
    const { answerUrl } = links;
    const expires = Math.floor(Date.parse(expiresAt) / 1_000);
    const link = (decision: 'approve' | 'reject') =>
      answerUrl === undefined
        ? Promise.resolve(undefined)
        : signed((secret) =>
            signedLink(answerUrl, secret, environment, { incident: incident.id, gate, decision, expires }),
          );
    const [approveUrl, rejectUrl] = await Promise.all([link('approve'), link('reject')]);
    return {
      gate,
      question,
      evidence,
      askedAt,
      expiresAt,
      ...(approveUrl === undefined ? {} : { approveUrl }),
      ...(rejectUrl === undefined ? {} : { rejectUrl }),
    };
  }
}

/** Without its key a link cannot be made; the command line answers all the same. */
async function withKey(
  secret: string | undefined,
  { id }: IncidentRef,
  make: (key: string) => string,
): Promise<string | undefined> {
  if (secret === undefined) return undefined;
  try {
    return make(await secretToken(secret));
  } catch (error) {
    log('links-not-signed', { incident: id, failure: describeFailure(error) });
    return undefined;
  }
}
