import { AwsError, type CloudService, type Operation } from '../contract.ts';
import type { Clock } from '../../clock.ts';

/** The same operations, refused in a region while it is asked more often than so; a second's calls may come at once. */
export function throttled(
  operations: CloudService['operations'],
  perSecond: number | undefined,
  clock: Clock,
): CloudService['operations'] {
  if (perSecond === undefined) return operations;
  const buckets = new Map<string, { tokens: number; at: number }>();
  const take = (region: string) => {
    const now = clock.now();
    const { tokens, at } = buckets.get(region) ?? { tokens: perSecond, at: now };
    const left = Math.min(perSecond, tokens + ((now - at) / 1000) * perSecond);
    buckets.set(region, { tokens: left < 1 ? left : left - 1, at: now });
    if (left < 1) throw new AwsError('Throttling', 'Rate exceeded');
  };
  return Object.fromEntries(
    Object.entries(operations).map(([name, limited]): [string, Operation] => [
      name,
      {
        permissions: (input, call) => limited.permissions(input, call),
        run: (input, call) => {
          take(call.region);
          return limited.run(input, call);
        },
      },
    ]),
  );
}
