/** What a failed call was: something that passes by itself, or something that a person must change. */

const passingNames: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'PriorRequestNotComplete',
  'ServerException',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalServiceFault',
  'RequestTimeout',
  'TimeoutError',
  'AbortError',
]);

const passingCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

function member(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}

/** The name AWS gave the error: `ResourceInUseException`. */
export function failureName(error: unknown): string {
  const name = member(error, 'name');
  return typeof name === 'string' ? name : typeof error;
}

/** One sentence for an operator: name and message. */
export function describeFailure(error: unknown): string {
  const message = member(error, 'message');
  const text = typeof message === 'string' && message !== '' ? message : 'no message';
  return `${failureName(error)}: ${text}`;
}

/**
 * Whether the same call may succeed later without anybody changing anything: throttles, timeouts, faults of
 * the service, lost connections. A refusal (denied, not found, invalid) never counts.
 *
 * Route 53 spells its throttle `Throttling`, most other services `ThrottlingException` (aws-facts §1.1).
 */
export function passesByItself(error: unknown): boolean {
  if (passingNames.has(failureName(error))) return true;
  const code = member(error, 'code');
  if (typeof code === 'string' && passingCodes.has(code)) return true;
  const status = member(member(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' && (status === 429 || status >= 500);
}
