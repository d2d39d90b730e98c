import type { IncidentRef } from '../incident/contract.ts';
import type { Message } from '../incident/telling.ts';
import { duration, moment } from '../incident/time-words.ts';
import type { Approval } from './contract.ts';

/** The question as it reaches people. Pure. */
interface Question {
  readonly incident: IncidentRef;
  readonly application: string;
  readonly approval: Approval;
  /** Absent where only the command line can answer. */
  readonly links?: { readonly approve: string; readonly reject: string };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** To the people on call, by their topic and on Slack. */
export function messagesOf(question: Question, hasSlack: boolean): readonly Message[] {
  const { incident, approval } = question;
  const message = {
    kind: 'approval',
    audience: 'oncall',
    key: `approval ${approval.gate} ${approval.askedAt}`,
    subject: `[${incident.severity}] ${incident.id}: a person must decide on the ${approval.gate} by ${moment(approval.expiresAt).slice(11)}`,
    text: textOf(question),
  } as const;
  return [{ ...message, channel: 'sns' }, ...(hasSlack ? [{ ...message, channel: 'slack' } as const] : [])];
}

function textOf({ incident, application, approval, links, now }: Question): string {
  const { gate, question, evidence, expiresAt } = approval;
  const left = duration((Date.parse(expiresAt) - now) / 1_000);
  return [
    `The recovery of ${application} in ${incident.environment} waits for a person. Answer by ${moment(expiresAt)}, ` +
      `in ${left}. If nobody does, nothing is done, and the automation stops.`,
    `Question (${gate}):\n${question}`,
    `Evidence:\n${evidence}`,
    ...(links
      ? [
          `To approve, open this link; it asks for your name and reason first:\n${links.approve}`,
          `To reject:\n${links.reject}`,
        ]
      : []),
    `${links ? 'Or on' : 'On'} the command line:\n${commandLine(incident, gate, 'approve')}\n${commandLine(incident, gate, 'reject')}`,
    ...(links ? ['Whoever has this message can answer. Do not forward it to those who must not.'] : []),
    `Incident ID: ${incident.id}`,
  ].join('\n\n');
}

function commandLine({ environment, id }: IncidentRef, gate: string, decision: string): string {
  return `npm run approve -- --env ${environment} --incident ${id} --gate ${gate} --decision ${decision} --reason "why"`;
}
