import type { IncidentRecord } from '../incident/contract.ts';
import type { Lock } from '../incident/lock.ts';
import type { Input } from './contract.ts';

/** How an execution ends that can no longer close its incident itself. */
const badEnds: ReadonlySet<string> = new Set(['FAILED', 'TIMED_OUT', 'ABORTED']);

type Decision =
  | { readonly action: 'release'; readonly reason: string }
  /** It had closed its incident, and may not have told how. */
  | { readonly action: 'finish'; readonly reason: string }
  /** It holds nothing, yet somebody must hear of it. */
  | { readonly action: 'tell'; readonly reason: string }
  | { readonly action: 'nothing'; readonly reason: string };

/**
 * Whether an execution that ended badly has left the lock behind, or people uninformed.
 *
 * It has left the lock when that is its own. A machine that ends in `Escalated` by itself has released the lock before. The
 * end of a runbook is its incident's to deal with, which waits for it and is alive, or has an end of its own that is
 * dealt with here: to act on both would tell on-call twice.
 */
export function decide({ detail }: Input, environment: string, lock: Lock | null): Decision {
  const { executionArn, stateMachineArn, name, status } = detail;
  const machine = stateMachineArn.split(':').at(-1) ?? '';
  if (!badEnds.has(status)) return { action: 'nothing', reason: `${name} of ${machine} is ${status}` };
  if (lock?.state === 'held' && lock.executionArn === executionArn) {
    return {
      action: 'release',
      reason: `${name} of ${machine} ended (${how(detail)}) and left the lock held`,
    };
  }
  if (lock?.executionArn === executionArn && detail.error !== 'Escalated') {
    return {
      action: 'finish',
      reason: `${name} of ${machine} ended (${how(detail)}) after it had closed ${lock.incidentId}`,
    };
  }
  if (machine === `lifeboat-${environment}-incident` && mustBeTold(detail, lock)) {
    return { action: 'tell', reason: `${name} of ${machine} could not open an incident (${how(detail)})` };
  }
  return { action: 'nothing', reason: `${name} of ${machine} ended (${how(detail)}) and holds nothing` };
}

/**
 * Whether a start that came to nothing is news to anybody: not to a person who stopped it, or whose own input
 * was refused before their eyes, nor when the machine has told it as an escalation, nor while another incident is
 * at work. An alarm that is refused has nobody else to tell it, and comes once.
 */
function mustBeTold({ status, error, input }: Input['detail'], lock: Lock | null): boolean {
  if (error === 'NotOpened') return true;
  if (status === 'ABORTED' || error === 'Escalated' || lock?.state === 'held') return false;
  return error !== 'InvalidInput' || (input ?? '').includes('"detail-type"');
}

const maxCauseLength = 500;

function how({ status, error, cause }: Input['detail']): string {
  const why = [error, cause].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return [status, ...(why === '' ? [] : [why.slice(0, maxCauseLength)])].join(', ');
}

/**
 * Until when no alarm starts another incident: who stops one wants nothing to move for a while. A plan moves
 * nothing, and to stop it says nothing about that.
 *
 * @param now milliseconds since the epoch
 * @returns ISO 8601; undefined when nobody stopped it
 */
export function heldOffUntil(
  { detail }: Input,
  lock: Pick<Lock, 'mode'>,
  cooldownSeconds: number,
  now: number,
): string | undefined {
  if (detail.status !== 'ABORTED' || lock.mode !== 'live') return undefined;
  return new Date((detail.stopDate ?? now) + cooldownSeconds * 1_000).toISOString();
}

/** What is kept on the record, and told: the machine cannot say it any more. */
export function summaryOf({ detail }: Input, environment: string, heldOff?: string): string {
  switch (detail.status) {
    case 'TIMED_OUT':
      return `Execution ${detail.name} took longer than it may (${how(detail)}).`;
    case 'ABORTED':
      return [
        `Execution ${detail.name} was stopped by somebody (${how(detail)}).`,
        ...(heldOff === undefined
          ? []
          : [
              `Until ${heldOff} no alarm starts another incident of ${environment}. To lift that, start ` +
                `lifeboat-${environment}-incident yourself, or take heldOffUntil out of lock.json on the ledger.`,
            ]),
      ].join(' ');
    default:
      return `Execution ${detail.name} ended without closing its incident (${how(detail)}).`;
  }
}

/** Pure text: this notice must not depend on anything that may be what is broken. */
export function noticeOf(
  input: Input,
  environment: string,
  what: {
    readonly reason: string;
    readonly record: IncidentRecord | null;
    readonly heldOff?: string | undefined;
  },
): { readonly subject: string; readonly text: string } {
  const { record, reason, heldOff } = what;
  const list = (title: string, items: readonly string[] | undefined) =>
    items === undefined
      ? []
      : [`${title}:\n${(items.length > 0 ? items : ['nothing']).map((item) => `- ${item}`).join('\n')}`];
  const mode = record?.ref.mode === 'plan' ? 'PLAN ' : '';
  return {
    subject: record
      ? `${mode}[${record.ref.severity}] ${record.ref.id}: a person is needed`
      : `${environment}: an incident's execution failed, a person is needed`,
    text: [
      'The automation has stopped. A person must take over now.',
      `What happened:\n${record?.summary ?? `${reason}. ${summaryOf(input, environment, heldOff)}`}`,
      ...list('What has changed', record?.changed),
      ...list('What has not changed', record?.unchanged),
      ...list(
        'What to do',
        record?.nextSteps ?? [
          'Look at the history of the execution: it says how far it came.',
          `If the failure lasts, start lifeboat-${environment}-incident again, with its scenario: {"scenario":"site-failure"}, for example.`,
        ],
      ),
      `Execution:\n${input.detail.executionArn}`,
    ].join('\n\n'),
  };
}
