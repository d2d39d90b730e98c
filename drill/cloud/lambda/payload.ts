import { AwsError } from '../contract.ts';

/** Request bytes: 6 MB synchronously, 1 MB asynchronously (Lambda quotas). */
export const limits = { synchronous: 6_291_456, asynchronous: 1_048_576 } as const;

/** @throws AwsError `RequestTooLargeException` */
export function requireSize(payload: string, limit: number): void {
  const size = Buffer.byteLength(payload);
  if (size <= limit) return;
  throw new AwsError(
    'RequestTooLargeException',
    `${size} byte payload is too large for the invocation (limit ${limit} bytes)`,
    413,
  );
}
