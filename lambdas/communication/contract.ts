import type {
  Audience,
  ChannelName,
  IncidentRecord,
  IncidentRef,
  NoticeKind,
  Severity,
} from '../incident/contract.ts';

/** What those who word a notice, those who decide when it is due and those who carry it agree on. Types only. */

export interface Section {
  readonly title: string;
  /** A text, or the items of a list. */
  readonly body: string | readonly string[];
}

/** What a notice says, before a channel has shaped it: plain words, neither escaped nor cut. */
export interface Content {
  /** One line. */
  readonly subject: string;
  /** Two sentences at most, for a telephone's screen. */
  readonly short: string;
  /** Labelled values at the head, in the order of the template. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly sections: readonly Section[];
  readonly links: readonly { readonly label: string; readonly url: string }[];
  /** What the reader should feel at the first glance: colours and signs come from here. */
  readonly tone: 'trouble' | 'progress' | 'recovered' | 'plan';
  /** Of an update: nothing has happened since the last one to this audience. */
  readonly unchanged?: boolean;
}

export interface Message {
  readonly kind: NoticeKind;
  readonly channel: ChannelName;
  readonly audience: Audience;
  /** The same key, channel and audience: the same notice. */
  readonly key: string;
  readonly content: Content;
}

/** What a channel is given: the message, and what it may know of the incident to place it. */
export interface Delivery {
  readonly incident: IncidentRef;
  /** Null when the ledger does not answer. */
  readonly record: IncidentRecord | null;
  readonly message: Message;
  /** What the channel called this incident before. */
  readonly ref?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Delivered {
  /** What the channel calls the incident from now on. */
  readonly ref?: string;
  /** It changed the message before rather than add one. */
  readonly merged?: true;
  /** Most have got it, and these have not: nothing is sent again, because the others would get it twice. */
  readonly shortfall?: string;
}

/**
 * One try to deliver, without patience of its own: whoever calls it waits and tries again.
 *
 * @throws ChannelFailure when the channel did not take it
 */
export type Send = (delivery: Delivery, signal: AbortSignal) => Promise<Delivered>;

/** Which notices an audience hears in a severity, and how. */
export interface Route {
  readonly to: Audience;
  readonly by: readonly ChannelName[];
  readonly hears: readonly Hearing[];
  /** `confirmed`: nothing before the runbook knows that the failure is real, or five minutes are over. */
  readonly from: 'opened' | 'confirmed';
}

/** Kinds that an environment can route. `joined`, `ignored`, `acknowledged` and `note` follow those on call. */
export type Hearing =
  | 'opened'
  | 'update'
  | 'approval'
  | 'unacknowledged'
  | 'milestone'
  | 'undelivered'
  | 'escalation'
  | 'recovered';

/** Between these times of day nothing wakes anybody for these severities; what needs a person still does. */
export interface QuietHours {
  readonly severities: readonly Severity[];
  /** `22:00`, local to the time zone. */
  readonly from: string;
  readonly to: string;
  /** IANA: `Europe/Berlin`. */
  readonly timeZone: string;
}

export type TicketSettings = {
  /** Secret with the token, as the system wants it: Jira `email:token`, ServiceNow `user:password`, GitHub a token. */
  readonly tokenSecret: string;
} & (
  | { readonly system: 'jira'; readonly url: string; readonly project: string; readonly issueType: string }
  | { readonly system: 'servicenow'; readonly url: string }
  | { readonly system: 'github'; readonly url: string; readonly repository: string }
);

/** How each channel is reached. An absent one is not used, whatever the routes say. */
export interface ChannelSettings {
  readonly email: {
    /** Topics with e-mail subscribers. */
    readonly topics: Readonly<Partial<Record<Audience, string>>>;
    /** When mails go out by SES, formatted; the topics are what is left when it fails. */
    readonly ses?: {
      readonly from: string;
      readonly to: Readonly<Partial<Record<Audience, readonly string[]>>>;
    };
  };
  readonly sms: { readonly topics: Readonly<Partial<Record<Audience, string>>> };
  readonly slack?: { readonly channel: string; readonly tokenSecret: string; readonly buttons: boolean };
  readonly pagerduty?: { readonly routingKeySecret: string };
  readonly ticket?: TicketSettings;
  readonly statuspage?: { readonly pageId: string; readonly keySecret: string };
  /** Our own page: its bucket in the standby's region. */
  readonly page?: { readonly bucket: string };
}

/** What an environment says of its communication, as functions get it. */
export interface CommunicationSettings {
  readonly application: string;
  readonly publicName: string;
  readonly routes: Readonly<Record<Severity, readonly Route[]>>;
  /** Seconds until the second on call is called, when nobody has acknowledged; null: never. */
  readonly acknowledgeWithin: Readonly<Record<Severity, number | null>>;
  /** Percent of the RTO at which a milestone is told, ascending. */
  readonly milestones: readonly number[];
  readonly quiet?: QuietHours;
  readonly channels: ChannelSettings;
  /** Whom to call, per audience, as it is printed in a notice. */
  readonly contacts: Readonly<Record<Audience, readonly string[]>>;
  /**
   * Signs the links by which people answer; absent: no links. Where the links lead is in the function's variable
   * `LINKS`, JSON with `answerUrl`, `acknowledgeUrl` and, where there is a status page of our own, `pageUrl`, because it
   * is known only once it is deployed.
   */
  readonly signingSecret?: string;
}
