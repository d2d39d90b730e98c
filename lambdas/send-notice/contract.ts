import type { CommunicationSettings } from '../communication/contract.ts';
import type { IncidentRef, NoticeKind } from '../incident/contract.ts';

export interface Settings extends CommunicationSettings {
  readonly environment: string;
  readonly ledgerBucket: string;
}

/**
 * What is due is read from the incident's record, not from here: whoever calls, and how often, everybody hears what he
 * should, once.
 */
export interface Input {
  readonly incident: IncidentRef;
  /** What just happened. Decides only what the record does not know: `joined`, `ignored`; or all, when it is silent. */
  readonly kind: NoticeKind;
  /** One sentence on it. */
  readonly detail?: string;
}

/** Never throws for a channel that fails: the failure is on the record, and here. */
export interface Output {
  readonly sent: number;
  readonly failed: number;
  /** Whether the incident is still open; unknown counts as open. */
  readonly open: boolean;
  /** When to look again, ISO 8601; null: everybody has heard everything, and the incident is over. */
  readonly nextAt: string | null;
}
