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
