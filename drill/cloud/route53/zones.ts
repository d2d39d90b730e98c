import type { Change } from '@aws-sdk/client-route-53';
import { AwsError, type Foundation, type Permission } from '../contract.ts';
import { delays } from '../delays.ts';
import { applyBatch, costOf } from './change-batch.ts';
import type { ZoneSeed } from './contract.ts';
import { HostedZone } from './hosted-zone.ts';
import { absolute } from './names.ts';
import { readChange, type ReadChange } from './read-change.ts';
import type { RequestLimits } from './request-limits.ts';

/** A change of a zone, as GetChange tells of it. */
export interface ZoneChange {
  /** `C` and thirteen capitals and digits. */
  readonly id: string;
  readonly zoneId: string;
  readonly submittedAt: number;
  readonly comment: string | undefined;
  inSync: boolean;
}

/** Of the NS and SOA records that Route 53 makes for a new zone. */
const nsTtl = 172_800;
const soaTtl = 900;
const soaTimes = '1 7200 900 1209600 86400';

interface ZonesNeeds {
  readonly limits: RequestLimits;
  readonly checkExists: (healthCheckId: string) => boolean;
  readonly processing: number;
}

/** The hosted zones of the account and the changes made to them. */
export class Zones {
  readonly #foundation: Foundation;
  readonly #needs: ZonesNeeds;
  readonly #zones = new Map<string, HostedZone>();
  readonly #changes = new Map<string, ZoneChange>();

  constructor(foundation: Foundation, needs: ZonesNeeds) {
    this.#foundation = foundation;
    this.#needs = needs;
  }

  all(): Iterable<HostedZone> {
    return this.#zones.values();
  }

  /** @throws AwsError `NoSuchHostedZone` */
  find(hostedZoneId: string | undefined): HostedZone {
    const id = plainZoneId(hostedZoneId);
    const zone = this.#zones.get(id);
    if (!zone) throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
    return zone;
  }

  /** @throws AwsError `NoSuchChange` */
  findChange(changeId: string | undefined): ZoneChange {
    const id = plainChangeId(changeId);
    const change = this.#changes.get(id);
    if (!change) throw new AwsError('NoSuchChange', `Could not find resource with ID: ${id}`, 404);
    return change;
  }

  seed({ id, name, nameServers, records = [] }: ZoneSeed): void {
    if (this.#zones.has(id)) throw new Error(`there are two hosted zones ${id}`);
    const zone = new HostedZone(id, absolute(name), nameServers.map(absolute));
    const [first = 'ns.invalid.'] = zone.nameServers;
    const own = [
      { Name: name, Type: 'NS', TTL: nsTtl, ResourceRecords: zone.nameServers.map((Value) => ({ Value })) },
      {
        Name: name,
        Type: 'SOA',
        TTL: soaTtl,
        ResourceRecords: [{ Value: `${first} awsdns-hostmaster.amazon.com. ${soaTimes}` }],
      },
    ] as const;
    const changes = [...own, ...records].map((ResourceRecordSet) =>
      readChange({ Action: 'CREATE', ResourceRecordSet: ResourceRecordSet as Change['ResourceRecordSet'] }),
    );
    zone.commit(applyBatch(zone, zone.sets, changes))();
    this.#zones.set(zone.id, zone);
  }

  /**
   * Change a zone in one batch; the name servers follow after `delays.route53Insync`.
   *
   * @throws AwsError `PriorRequestNotComplete`, `Throttling`, `NoSuchHealthCheck`, `InvalidChangeBatch`
   */
  change(zone: HostedZone, changes: readonly ReadChange[], comment: string | undefined): ZoneChange {
    const { clock, tell, id } = this.#foundation;
    const now = clock.now();
    if (now < zone.occupiedUntil) {
      throw new AwsError(
        'PriorRequestNotComplete',
        'The request was rejected because Route 53 was still processing a prior request.',
      );
    }
    this.#requireHealthChecks(changes);
    const after = applyBatch(zone, zone.sets, changes);
    this.#needs.limits.admitChanges(changes.reduce((cost, change) => cost + costOf(change), 0));
    const publish = zone.commit(after);
    zone.occupiedUntil = now + this.#needs.processing;
    const change: ZoneChange = { id: id('C'), zoneId: zone.id, submittedAt: now, comment, inSync: false };
    this.#changes.set(change.id, change);
    const what = changes.map(({ action, set }) => `${action} ${set.name} ${set.type}`).join(', ');
    tell('Route 53', `change ${change.id} is pending`, what);
    clock.at(now + delays.route53Insync, () => {
      change.inSync = true;
      publish();
      tell('Route 53', `change ${change.id} is in sync`, what);
    });
    return change;
  }

  /** Records of a template: CloudFormation waits until they are in sync. */
  create(zone: HostedZone, changes: readonly ReadChange[]): void {
    this.#requireHealthChecks(changes);
    zone.commit(applyBatch(zone, zone.sets, changes))();
  }

  #requireHealthChecks(changes: readonly ReadChange[]): void {
    for (const { action, set } of changes) {
      const { healthCheckId } = set;
      if (action === 'DELETE' || healthCheckId === undefined || this.#needs.checkExists(healthCheckId))
        continue;
      throw new AwsError('NoSuchHealthCheck', `A health check with id ${healthCheckId} does not exist.`, 404);
    }
  }
}

export function plainZoneId(id: string | undefined): string {
  return (id ?? '').replace(/^\/?hostedzone\//, '');
}

export function plainChangeId(id: string | undefined): string {
  return (id ?? '').replace(/^\/?change\//, '');
}

export function onZone(action: string, hostedZoneId: string | undefined): Permission {
  return {
    action: `route53:${action}`,
    resource: `arn:aws:route53:::hostedzone/${plainZoneId(hostedZoneId)}`,
  };
}
