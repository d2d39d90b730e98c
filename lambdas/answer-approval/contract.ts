import type { Approval, Gate } from '../request-approval/contract.ts';

export type { UrlRequest, UrlResponse } from '../incident/function-url.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly application: string;
  readonly signingSecret: string;
}

/** From `npm run approve`, by Lambda's Invoke; a request of the function URL has `requestContext` instead. */
export interface Input {
  readonly incident: string;
  /** Default: the one that is being asked. */
  readonly gate?: Gate;
  readonly decision: 'approve' | 'reject';
  readonly reason: string;
  readonly by: string;
}

/** What it was, after this call. A forged, replayed or expired answer throws ApprovalRefused. */
export type Output = Omit<Approval, 'taskToken'>;
