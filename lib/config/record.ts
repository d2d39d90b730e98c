import * as z from 'zod';
import { hostName, matching, object, oneOf, recordName, some, text, whole } from './fields.ts';

const target = z.union(
  [
    object({ values: some(text('an address or a name'), 'value') }),
    object({
      alias: object({
        dnsName: hostName(),
        hostedZoneId: matching(/^Z[A-Z0-9]{1,31}$/, "the load balancer's own hosted zone id"),
        evaluateTargetHealth: z.literal(true, { error: 'true: a failover alias must follow its target' }),
      }),
    }),
  ],
  { error: 'either { values: [...] } or { alias: { dnsName, hostedZoneId, evaluateTargetHealth: true } }' },
);

/** One record that a failover moves, with what it says for each site. */
export const recordSchema = object({
  name: recordName(),
  type: oneOf(['A', 'AAAA', 'CNAME']),
  ttl: whole(1, 60, 'seconds').default(60).describe('at most 60: what is cached longer does not fail over'),
  setIdentifier: text('text').max(128).optional(),
  weight: whole(0, 255, 'parts').optional(),
  primary: target,
  standby: target,
});
