/** What every SDK client of a task is made with. */
export interface ClientOptions {
  readonly region: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

/**
 * Options that give up in time for something else to be done about it.
 *
 * In a regional event an endpoint often neither answers nor refuses, and the SDK's own defaults wait for
 * minutes. Three attempts of one second to connect and three to answer end within ten seconds and a little
 * backoff, well inside a task's timeout of 60; the state machine's own retries come on top. Without
 * `throwOnRequestTimeout` the SDK only prints a warning and goes on waiting.
 */
export function clientOptions(region: string): ClientOptions {
  return {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  };
}

/** Where Route 53's API is signed for and served; it has no other endpoint (aws-facts §1.1). */
export const route53Region = 'us-east-1';
