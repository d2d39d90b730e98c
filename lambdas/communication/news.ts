import type { Audience, IncidentRecord, IncidentRef, NoticeKind } from '../incident/contract.ts';

/** A question of a gate as it is shown: everything of it but the token of the state that waits. */
export interface AskedQuestion {
  readonly gate: string;
  readonly question: string;
  readonly evidence: string;
  readonly askedAt: string;
  readonly expiresAt: string;
  /** Signed; absent where only the command line can answer. */
  readonly approveUrl?: string;
  readonly rejectUrl?: string;
}

/** All that a notice to one audience is made of. Times are ISO 8601 unless they are milliseconds. */
export interface News {
  readonly incident: IncidentRef;
  readonly kind: NoticeKind;
  readonly audience: Audience;
  /** One sentence on what just happened; the rest comes from the record. */
  readonly detail?: string;
  /** Null when the ledger does not answer: then there is less to tell, but it is told. */
  readonly record: IncidentRecord | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly application: string;
  readonly publicName: string;
  /** Whom to ask. */
  readonly contacts: readonly string[];
  /** When this audience heard of it the last time, by this channel; absent: never. */
  readonly since?: string;
  /** When the next update comes; null: none will. */
  readonly nextUpdateAt: string | null;
  /** Percent of the RTO that are over, of a milestone. */
  readonly percent?: number;
  /** Of an approval: what is asked. */
  readonly asked?: AskedQuestion;
  /** Where one tap takes the call; only for those on call. */
  readonly acknowledgeUrl?: string;
  /** Where the report is read, once it is written; only for those who may. */
  readonly reportUrl?: string;
}
