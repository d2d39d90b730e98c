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
  /** A kubelet is silent so long until its node is not Ready: `node-monitor-grace-period`, 50 s since Kubernetes 1.32. */
  nodeUnseen: 50_000,
  /** An instance that Auto Scaling ends, from the call until it is gone. AWS publishes no figure. */
  instanceEnds: 60_000,
  /** Auto Scaling acts on the health of its instances about once a minute. AWS publishes no figure. */
  autoScalingLook: 60_000,
  /** UpdateNodegroupConfig until its update is Successful when no instance has to start. */
  nodegroupUpdate: 10_000,
  /** Pod from created to Ready on a node that has room: image pull, start, readiness probe. */
  podReady: 15_000,
  /** Transaction logs go to S3, and LatestRestorableTime advances, every five minutes (RDS User Guide, USER_PIT). */
  rdsLogShipping: 300_000,
  /**
   * A log that was shipped reaches the other region: the RPO of backups copied there is 5 to 30 minutes (AWS
   * Prescriptive Guidance, dr-standard-edition-amazon-rds). With the shipping, 5 to 10 here.
   */
  rdsBackupCopy: 300_000,
  /** The first snapshot reaches the other region. AWS publishes no figure. */
  rdsFirstCopy: 900_000,
  /** Restore of a small instance until it is available. AWS publishes no figure (aws-facts §4.1); measure yours. */
  rdsRestore: 1_200_000,
  /** Promotion of a replica: "several minutes or longer" (RDS User Guide, USER_ReadRepl.Promote). */
  rdsPromotion: 300_000,
  /** The new name of an instance becomes effective "in about 10 minutes" (RDS User Guide, USER_RenameInstance). */
  rdsRename: 600_000,
  /** A change shows in the status some time after it was accepted; it is answered with the status before. */
  rdsChangeSeen: 10_000,
  /** From `modifying` to `available` for what moves no data. AWS publishes no figure. */
  rdsChange: 60_000,
  /** From `rebooting` to `available`. AWS publishes no figure: it depends on the engine's own recovery. */
  rdsReboot: 60_000,
  /** Multi-AZ failover: "typically 60 to 120 seconds" (RDS User Guide, Concepts.MultiAZSingleStandby). */
  rdsFailover: 90_000,
  /** The first backup of a new instance, `backing-up`. AWS publishes no figure. */
  rdsFirstBackup: 60_000,
  /** From `deleting` until it is gone. AWS publishes no figure. */
  rdsDelete: 180_000,
  /** A new instance in an Aurora cluster: its storage is there already. AWS publishes no figure. */
  auroraInstance: 300_000,
  /** A reader becomes the writer: "typically within 30 seconds" (Aurora User Guide, Concepts.AuroraHighAvailability). */
  auroraMemberFailover: 30_000,
  /** A secondary region takes over: "within a few minutes" (Aurora User Guide, global database disaster recovery). */
  auroraFailover: 180_000,
  /** The old primary follows the new one: minutes to hours (same page). */
  auroraRejoin: 1_800_000,
  /** ReplicaLag and the like: once a minute (RDS User Guide, monitoring with CloudWatch). */
  rdsMetrics: 60_000,
  /**
   * A new version reaches the bucket of the other region: with S3 Replication Time Control most objects "in seconds"
   * and 99.9 % within 15 minutes (S3 User Guide, replication-time-control). Half a minute.
   */
  s3Replication: 30_000,
} as const;
