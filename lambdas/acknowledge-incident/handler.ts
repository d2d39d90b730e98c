import {
  acknowledge,
  addNote,
  openIncident,
  type Acknowledged,
  type Noted,
} from '../incident/acknowledge.ts';
import { InvalidInput } from '../incident/errors.ts';
import { wrongWith, wrongWithNote } from '../incident/form.ts';
import { isUrlRequest, type UrlResponse } from '../incident/function-url.ts';
import { openLedger } from '../incident/ledger.ts';
import { passOn } from '../incident/pass-on.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { AcknowledgementRefused } from './refused.ts';
import { serve } from './url.ts';

/**
 * Take the call of an incident for a person, or write what a person notes: from the command line, or from a signed
 * link. Afterwards the others on call hear of it.
 *
 * @throws InvalidInput when the command line's input is wrong
 * @throws AcknowledgementRefused when somebody else has the call, or the incident is over or unknown
 * @throws TryAgain when the ledger does not answer; the same may be asked again
 */
export async function handler(event: unknown): Promise<Output | UrlResponse> {
  const all = settings<Settings>();
  const ledger = openLedger(all.ledgerBucket);
  if (isUrlRequest(event)) return serve(ledger, event, all);

  const { incident: asked, by, note: text, acknowledge: take = text === undefined } = parse(event);
  const incident = asked === 'open' ? await openIncident(ledger) : asked;
  if (incident === null) {
    throw new AcknowledgementRefused(
      `No incident is open in ${all.environment}: name the one that you mean, if it was given up.`,
    );
  }
  const person = { by, via: 'command line' };
  // The note first: it counts whoever has the call.
  const noted = text === undefined ? null : await addNote(ledger, incident, { ...person, text }, Date.now());
  const taken = take ? await acknowledge(ledger, incident, person, Date.now()) : null;
  log('acknowledge-incident', { incident, by, acknowledged: taken?.ok ?? null, noted: noted?.ok ?? null });
  await tellOf(all, noted, taken);
  for (const each of [noted, taken]) {
    if (each && !each.ok) throw new AcknowledgementRefused(each.refusal.reason);
  }
  return {
    incident,
    acknowledged: taken?.ok ? taken.acknowledged : null,
    note: noted?.ok ? noted.note : null,
  };
}

/** In one call: send-notice reads what is due from the record. */
async function tellOf(
  { sendNotice }: Settings,
  noted: Noted | null,
  taken: Acknowledged | null,
): Promise<void> {
  if (taken?.ok) {
    const { by, via } = taken.acknowledged;
    await passOn(sendNotice, {
      incident: taken.record.ref,
      kind: 'acknowledged',
      detail: `${by} (${via})`,
    });
  } else if (noted?.ok) {
    await passOn(sendNotice, {
      incident: noted.record.ref,
      kind: 'note',
      detail: `${noted.note.by}: ${noted.note.text}`,
    });
  }
}

function parse(event: unknown): Input {
  const given: Readonly<Record<string, unknown>> =
    typeof event === 'object' && event !== null ? (event as Record<string, unknown>) : {};
  const { incident, by, note, acknowledge: take } = given;
  const wrong: string[] = [];
  const expect = (field: string, allowed: string | undefined) => {
    if (allowed === undefined) return;
    const value = given[field];
    const got = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
    wrong.push(`${field}: got ${got}, allowed: ${allowed}`);
  };
  const isId = typeof incident === 'string' && /^[a-zA-Z0-9][\w-]{0,99}$/.test(incident);
  expect('incident', isId ? undefined : 'the id of an incident, or open for the one that is');
  expect('by', wrongWith('by', by));
  expect('note', note === undefined ? undefined : wrongWithNote(note));
  expect('acknowledge', take === undefined || typeof take === 'boolean' ? undefined : 'true, false');
  if (take === false && note === undefined) {
    wrong.push('note: got nothing, allowed: a text when the call is not taken');
  }
  if (wrong.length > 0) throw new InvalidInput(wrong.join('; '));
  return {
    incident: String(incident),
    by: String(by).trim(),
    ...(typeof note === 'string' ? { note } : {}),
    ...(typeof take === 'boolean' ? { acknowledge: take } : {}),
  };
}
