import type { IncidentRecord, IncidentRef, NoticeKind } from '../incident/contract.ts';
import type { Settings } from './contract.ts';

/** All that a notice is made of. */
export interface News {
  readonly incident: IncidentRef;
  readonly kind: NoticeKind;
  readonly detail?: string;
  /** Null when the ledger does not answer: then there is less to tell, but it is told. */
  readonly record: IncidentRecord | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly application: string;
  readonly publicName: string;
  readonly contacts: Settings['contacts'];
}
