/** What the tasks and the state machines say to each other about an incident. Types only. */

export type Severity = 'P0' | 'P1' | 'P2' | 'P3';
export type Scenario =
  'site-failure' | 'data-corruption' | 'configuration-loss' | 'application-failure' | 'hardware-failure';
export type Mode = 'live' | 'plan';
export type Site = 'primary' | 'standby';
/** `oncall`: whoever is called first. `public`: everybody, who reads a page and has no address. */
export type Audience =
  | 'oncall'
  | 'oncall-secondary'
  | 'management'
  | 'customers-enterprise'
  | 'customers-standard'
  | 'partners'
  | 'public';
/** By which way a notice travels. `slack`, `pagerduty` and `ticket` are of those on call; the last two of the public. */
export type ChannelName = 'email' | 'sms' | 'slack' | 'pagerduty' | 'ticket' | 'statuspage' | 'page';
export type Outcome = 'recovered' | 'planned' | 'awaiting-approval' | 'escalated';

/** The part of an incident that travels through the state machines. Times are ISO 8601, UTC. */
export interface IncidentRef {
  readonly id: string;
  /** Of the environment's lock; every later write carries it, and a task whose epoch is past refuses. */
  readonly epoch: number;
  readonly environment: string;
  readonly scenario: Scenario;
  readonly severity: Severity;
  readonly mode: Mode;
  /** What started it: `alarm lifeboat-dev-primary-unhealthy`, `a person: reason`. */
  readonly startedBy: string;
  readonly startedAt: string;
  /** When the recovery must be over: start plus the severity's RTO. */
  readonly deadline: string;
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
  readonly updateEverySeconds: number;
  /** When a person said more than the scenario. */
  readonly restore?: RestoreRequest;
}

export interface RestoreRequest {
  /** Of data-corruption and configuration-loss: the time to restore to, when a person knows it. */
  readonly recoverTo?: string;
  /** Of data-corruption: names of the environment's databases; default all that are damaged. */
  readonly databases?: readonly string[];
  /** Of configuration-loss, instead of a time: the name of a snapshot. */
  readonly snapshot?: string;
  /** Of application-failure: deployments to restart, healthy or not; default those that are not. */
  readonly deployments?: readonly string[];
}

/** How an acting step ended. `planned`: it would have changed it, and the mode is plan. */
export type StepStatus = 'changed' | 'already-there' | 'refused' | 'planned';

/** What an acting step saw, did, and saw again. */
export interface StepResult {
  /** The task's name: `switch-dns`. */
  readonly step: string;
  readonly status: StepStatus;
  /** One sentence for an operator. */
  readonly summary: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** One thing that was looked at. `unknown` is never taken for `held`. */
export interface Check {
  readonly name: string;
  readonly held: boolean | 'unknown';
  readonly evidence: string;
}

/**
 * `opened`: the first word to an audience, whenever it comes. `unacknowledged`: nobody has answered the call.
 * `milestone`: a share of the RTO is over. `undelivered`: a channel does not take what it should carry.
 */
export type NoticeKind =
  | 'opened'
  | 'update'
  | 'approval'
  | 'acknowledged'
  | 'note'
  | 'unacknowledged'
  | 'milestone'
  | 'undelivered'
  | 'escalation'
  | 'recovered'
  | 'planned'
  | 'joined'
  | 'ignored';

/** A notice as it was sent, or as it could not be. */
export interface Notice {
  readonly at: string;
  readonly kind: NoticeKind;
  readonly channel: ChannelName;
  readonly audience: Audience;
  readonly subject: string;
  readonly delivered: boolean;
  /** Why it was not delivered, or not to everybody. */
  readonly failure?: string;
  /** What makes it the same notice: a retry does not send it again. */
  readonly key?: string;
  /** How often the channel was asked in that call; absent: once. */
  readonly attempts?: number;
  /** It took the place of the message before, because nothing had changed since. */
  readonly merged?: true;
}

/** A function is sending these now; nobody else does, until it is through or its time is over. */
export interface Claim {
  readonly key: string;
  readonly channel: ChannelName;
  readonly audience: Audience;
  /** Which call it is: a claim is given back by who has it. */
  readonly by: string;
  readonly until: string;
}

/** Who has taken the call. */
export interface Acknowledgement {
  readonly at: string;
  readonly by: string;
  /** `Slack`, `command line`, `link`. */
  readonly via: string;
}

/** What a person wrote on the record while it ran. */
export interface PersonNote {
  readonly at: string;
  readonly by: string;
  readonly text: string;
  readonly via: string;
}

export interface TimelineEntry {
  readonly at: string;
  /** The task, `alarm`, or the person. */
  readonly actor: string;
  readonly event: string;
  readonly detail?: string;
}

/** A question that a gate asks a person. */
export interface PendingQuestion {
  readonly gate: string;
  readonly question: string;
  readonly askedAt: string;
  /** Then nothing is done, and nobody has removed it from here. */
  readonly expiresAt: string;
}

/** The incident as the ledger keeps it, one JSON object per incident. */
export interface IncidentRecord {
  readonly ref: IncidentRef;
  readonly executionArn: string;
  readonly state: 'open' | 'closed' | 'escalated';
  readonly outcome?: Outcome;
  readonly closedAt?: string;
  /** How it ended; when it was given up also what has changed, what has not, and what to do. */
  readonly summary?: string;
  /** When it was given up: what the automation has changed, and what it has not. */
  readonly changed?: readonly string[];
  readonly unchanged?: readonly string[];
  /** Last time the service was seen well, as far as the evidence goes; null when unknown. */
  readonly lastGoodAt: string | null;
  readonly timeline: readonly TimelineEntry[];
  readonly steps: readonly StepResult[];
  readonly checks: readonly Check[];
  readonly notices: readonly Notice[];
  /** What stood there before, by step: enough to put it back. */
  readonly preImages: Readonly<Record<string, unknown>>;
  /** What a channel calls the incident: Slack's id of its head message, the page's and the ticket's own ids. */
  readonly channelRefs?: Readonly<Partial<Record<ChannelName, string>>>;
  readonly claims?: readonly Claim[];
  readonly acknowledged?: Acknowledgement;
  /** Taken by people, newest last; they are on the timeline too. */
  readonly notes?: readonly PersonNote[];
  /** When the runbook knew that the failure is real: customers hear of it from here on. */
  readonly confirmedAt?: string;
  /** Keys on the ledger of what was written at the end: `reports/<id>/report.html`, `.md` and `checklist.md`. */
  readonly report?: { readonly html: string; readonly markdown: string; readonly checklist: string };
  /** What a person should do now; set when the automation has given up. */
  readonly nextSteps?: readonly string[];
  /** What waits for a person; the ledger's `approvals/` has all of it. */
  readonly pending?: readonly PendingQuestion[];
  /** Alarms and starts that joined this incident rather than open another. */
  readonly joined: readonly string[];
}
