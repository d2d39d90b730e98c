/**
 * What AWS's own parts take, in milliseconds: documented or published figures, never measured by us.
 *
 * The drill reports RTO at these. Each names its source; section numbers are of the page it was read from.
 */
export const delays = {
  /** Change of a record to every authoritative server: "normally within 60 seconds" (Route 53, GetChange). Half of it. */
  route53Insync: 30_000,
  /** Health checkers agree and DNS answers follow: "seconds" after the threshold (Route 53 developer guide). */
  route53Aggregate: 2_000,
  /** Route 53 publishes health-check metrics once a minute (monitoring with CloudWatch). */
  healthCheckMetrics: 60_000,
  /** Alarms are evaluated once a minute, after the period's samples have arrived. */
  alarmEvaluation: 60_000,
  /** From the end of a period until its samples count. */
  metricArrival: 10_000,
  /** EventBridge from event to target, each hop: typically about half a second. */
  eventDelivery: 500,
  /** Managed node group, instance launch to node Ready: 3 to 5 minutes. */
  nodeReady: 240_000,
  /** UpdateNodegroupConfig until its update is Successful when no instance has to start. */
  nodegroupUpdate: 10_000,
  /** Pod from created to Ready on a node that has room: image pull, start, readiness probe. */
  podReady: 15_000,
} as const;
