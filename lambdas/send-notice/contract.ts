import type { Audience, IncidentRef, NoticeKind } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly application: string;
  readonly publicName: string;
  readonly topics: Readonly<Record<Audience, string>>;
  readonly slack?: { readonly channel: string; readonly tokenSecret: string };
  /** Whom to call, per audience, as it is printed in a notice. */
  readonly contacts: Readonly<Record<Audience, readonly string[]>>;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly kind: NoticeKind;
  /** One sentence on what just happened; the rest comes from the ledger. */
  readonly detail?: string;
}

/** Never throws for a channel that fails: the failure is on the record, and here. */
export interface Output {
  readonly sent: number;
  readonly failed: number;
  /** Whether the incident is still open, so that `status-updates` knows when to stop. */
  readonly open: boolean;
}
