import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { AlarmSource, CloudService, MetricSink, MetricSource } from '../contract.ts';

/** A record as a DNS server gives it. */
export interface DnsRecord {
  /** Absolute, lower case, with the trailing dot. */
  readonly name: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl: number;
  /** As Route 53 writes it: `192.0.2.10`, `"text" "more"`, `10 mail.example.com.` */
  readonly value: string;
}

/** What the authoritative servers say to one question. */
export interface ZoneAnswer {
  /** REFUSED: the name is in no hosted zone. */
  readonly code: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  /** False for a referral to the servers of a delegated zone. */
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  /** SOA of a negative answer, NS of a referral. */
  readonly authorities: readonly DnsRecord[];
}

/** The hosted zones as their name servers know them: changes appear when they are INSYNC. */
export interface ZoneView {
  answer(question: { readonly name: string; readonly type: string }): ZoneAnswer;
}

/** What one health checker calls. */
export interface ProbeTarget {
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP';
  /** FQDN or IP address. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Must be in the first 5,120 bytes of the body. */
  readonly searchString?: string;
}

/** What aliases can point to outside the hosted zones, such as load balancers. */
export interface OutsideNames {
  /** Addresses of a name, without its trailing dot; empty when it has none of the type. */
  resolve(name: string, type: string): readonly string[];
  /** What EvaluateTargetHealth sees. */
  healthy(name: string): boolean;
}

export interface Route53Needs {
  readonly metrics: MetricSink;
  readonly alarms: AlarmSource;
  readonly samples: MetricSource;
  /** One request of one checker, within AWS's own time limits (aws-facts §1.4); a rejection is a failure. */
  readonly probe: (target: ProbeTarget) => Promise<boolean>;
  /** Absent: an alias can only point into its own zone. */
  readonly outside?: OutsideNames;
  /**
   * How long a change keeps its zone from taking the next one (`PriorRequestNotComplete`), milliseconds.
   *
   * AWS does not publish it; it is far shorter than PENDING. 0 by default: a change is done when it is answered.
   */
  readonly processing?: number;
}

export interface ZoneSeed {
  /** `Z0123456789ABCDEFGHIJ` */
  readonly id: string;
  readonly name: string;
  readonly nameServers: readonly string[];
  /** Beside NS and SOA of the zone itself. */
  readonly records?: readonly ResourceRecordSet[];
}

export interface Route53 {
  readonly service: CloudService;
  readonly zones: ZoneView;
  /** Health as DNS answers see it now; undefined when there is no such check. */
  healthOf(healthCheckId: string): boolean | undefined;
  /** A zone that was there before, in sync. @throws AwsError as ChangeResourceRecordSets does */
  seedZone(seed: ZoneSeed): void;
  /** Another writer's change is being processed: the zone takes no other for so many milliseconds. */
  occupyZone(id: string, ms: number): void;
  /** Checkers begin to check, metrics to be published. */
  start(): void;
  stop(): void;
}
