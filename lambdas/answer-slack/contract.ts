import type { Gate } from '../request-approval/contract.ts';

/** Buttons of Slack messages: approve, reject, acknowledge, add a note. Slack calls the function's URL. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly application: string;
  /** Secret of the Slack app, by which a request proves to be Slack's. */
  readonly slackSigningSecret: string;
  readonly tokenSecret: string;
  readonly channel: string;
  readonly sendNotice: { readonly region: string; readonly functionName: string };
}

/** `action_id` of each button. */
export type ActionId = 'lifeboat_acknowledge' | 'lifeboat_note' | 'lifeboat_approve' | 'lifeboat_reject';

/** `value` of each button, as JSON; the last two only of those that answer a gate. */
export interface ButtonValue {
  readonly incident: string;
  readonly gate?: Gate;
  /** Which question was read: another one may have taken its place since. */
  readonly askedAt?: string;
}
