import type { Acknowledgement, PersonNote } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly application: string;
  /** Signs the links by which a call is taken; those of gates are signed by the same. */
  readonly signingSecret: string;
  /** Tells the others. */
  readonly sendNotice: { readonly region: string; readonly functionName: string };
}

/** From the command line. A link comes by the function URL. */
export interface Input {
  readonly incident: string;
  readonly by: string;
  /** Written on the record, with or without taking the call. */
  readonly note?: string;
  /** Default true when there is no note. */
  readonly acknowledge?: boolean;
}

export interface Output {
  readonly incident: string;
  readonly acknowledged: Acknowledgement | null;
  readonly note: PersonNote | null;
}
