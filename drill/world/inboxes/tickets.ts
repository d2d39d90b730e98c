import type { TicketSettings } from '../../../lambdas/communication/contract.ts';
import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import { startApi, type ApiAnswer, type ApiLevers, type ApiRequest } from './api-server.ts';
import { GitHubDesk } from './ticket-desk-github.ts';
import { JiraDesk } from './ticket-desk-jira.ts';
import { ServiceNowDesk } from './ticket-desk-servicenow.ts';

/** A ticket system of the world: Jira Cloud, a ServiceNow instance or GitHub, whichever the environment has. */

export interface TicketComment {
  /** As it is read. */
  readonly text: string;
  /** As it was sent: a document, or text with markup. */
  readonly raw: unknown;
  /** Milliseconds since the epoch, incident time. */
  readonly at: number;
}

/** A ticket as it is read. */
export interface Ticket {
  /** `OPS-1`, a sys_id, a number. */
  readonly ref: string;
  readonly title: string;
  readonly text: string;
  readonly raw: unknown;
  readonly state: 'open' | 'closed';
  /** What it closed with: Jira's status, ServiceNow's code, GitHub's reason. */
  readonly resolution?: string;
  /** Labels, urgency, and what else each system has. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Oldest first. */
  readonly comments: readonly TicketComment[];
  readonly openedAt: number;
  readonly closedAt?: number;
}

/** What a system does with requests; time is milliseconds since the epoch. */
export interface TicketDesk {
  readonly refusals: Readonly<Record<'unauthorized' | 'ratelimited' | 'error', ApiAnswer>>;
  readonly tickets: readonly Ticket[];
  answer(request: ApiRequest, now: number): ApiAnswer;
}

interface TicketsOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly settings: TicketSettings;
  /** As the secret holds it: `email:token`, `user:password`, a token. */
  readonly token: string;
  /** Of Jira, seconds until its search finds what was written; default 3. The others find it at once. */
  readonly searchLagSeconds?: number;
  readonly preferredPort?: number;
}

export interface Tickets extends ApiLevers {
  /** Oldest first. */
  tickets(): readonly Ticket[];
}

/** Under the host name of the settings' URL. */
export async function startTickets(options: TicketsOptions): Promise<Tickets> {
  const { clock, authority, settings, preferredPort } = options;
  const desk = deskOf(options);
  const levers = await startApi({
    clock,
    authority,
    names: [new URL(settings.url).hostname],
    ...(preferredPort === undefined ? {} : { preferredPort }),
    refusals: desk.refusals,
    answer: (request) => desk.answer(request, clock.now()),
  });
  return { ...levers, tickets: () => desk.tickets };
}

function deskOf({ settings, token, searchLagSeconds = 3 }: TicketsOptions): TicketDesk {
  switch (settings.system) {
    case 'jira':
      return new JiraDesk({ ...settings, token, searchLag: searchLagSeconds * 1_000 });
    case 'servicenow':
      return new ServiceNowDesk(token);
    case 'github':
      return new GitHubDesk(settings.repository, token);
  }
}
