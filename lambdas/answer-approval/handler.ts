import { answer } from '../incident/answer-gate.ts';
import { gates, readApproval } from '../incident/approval.ts';
import { ApprovalRefused, InvalidInput } from '../incident/errors.ts';
import { wrongWith } from '../incident/form.ts';
import { isUrlRequest } from '../incident/function-url.ts';
import { notAsked } from '../incident/judge-answer.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import type { Approval, Gate } from '../request-approval/contract.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings, UrlResponse } from './contract.ts';
import { serve } from './url.ts';

/**
 * Take a person's answer to a gate, from the command line or from a signed link, and tell the state that waits.
 *
 * @throws InvalidInput when the command line's input is wrong
 * @throws ApprovalRefused when its answer does not count, saying why and what to do
 * @throws TryAgain when the ledger or Step Functions does not answer
 */
export async function handler(event: unknown): Promise<Output | UrlResponse> {
  const all = settings<Settings>();
  const ledger = openLedger(all.ledgerBucket);
  if (isUrlRequest(event)) return serve(ledger, event, all);

  const { incident, gate, decision, by, reason } = parse(event);
  const answered = await answer(
    ledger,
    { environment: all.environment, incident, gate: gate ?? (await gateThatAsks(ledger, incident)) },
    { decision, by, reason, via: 'command line' },
  );
  if (!answered.ok) throw new ApprovalRefused(answered.refusal.reason);
  return withoutToken(answered.approval);
}

function withoutToken(approval: Approval): Output {
  return Object.fromEntries(Object.entries(approval).filter(([name]) => name !== 'taskToken')) as Output;
}

/**
 * @throws InvalidInput when several ask
 * @throws ApprovalRefused when none has ever asked
 */
async function gateThatAsks(ledger: Ledger, incident: string): Promise<Gate> {
  const approvals = await Promise.all(gates.map((gate) => readApproval(ledger, incident, gate)));
  const known = approvals.filter((approval) => approval !== null);
  const asking = known.filter(({ state }) => state === 'asked');
  if (asking.length > 1) {
    throw new InvalidInput(`gate: got nothing, allowed: ${asking.map(({ gate }) => gate).join(', ')}`);
  }
  // The newest that was asked says best why nothing is asked any more.
  const [last] = known.toSorted((a, b) => b.askedAt.localeCompare(a.askedAt));
  const gate = asking[0]?.gate ?? last?.gate;
  if (gate === undefined) throw new ApprovalRefused(notAsked({ incident }));
  return gate;
}

function parse(event: unknown): Input {
  const given: Readonly<Record<string, unknown>> =
    typeof event === 'object' && event !== null ? (event as Record<string, unknown>) : {};
  const wrong: string[] = [];
  const expect = (field: string, allowed: string | undefined) => {
    const value = given[field];
    if (allowed !== undefined) {
      wrong.push(
        `${field}: got ${value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60)}, allowed: ${allowed}`,
      );
    }
    return String(value);
  };
  const incident = given['incident'];
  const isId = typeof incident === 'string' && /^[a-zA-Z0-9][\w-]{0,99}$/.test(incident);
  const gate = gates.find((each) => each === given['gate']);
  const decision = (['approve', 'reject'] as const).find((each) => each === given['decision']);
  expect('incident', isId ? undefined : 'the id of an incident');
  expect('gate', (gate ?? given['gate'] === undefined) ? undefined : gates.join(', '));
  expect('decision', decision ? undefined : 'approve, reject');
  const by = expect('by', wrongWith('by', given['by']));
  const reason = expect('reason', wrongWith('reason', given['reason']));
  if (wrong.length > 0 || !decision) throw new InvalidInput(wrong.join('; '));
  return { incident: String(incident), decision, by, reason, ...(gate ? { gate } : {}) };
}
