import { isWithin } from './names.ts';
import { keyOf, type RecordSet, type RecordSets } from './record-set.ts';
import { valueFault } from './record-values.ts';

/** What a record set may hold and stand beside; each fault in Route 53's words where they are known. */

interface Zone {
  readonly id: string;
  readonly name: string;
}

/** Faults of one set by itself. */
export function setFaults(zone: Zone, set: RecordSet): string[] {
  const { name, type, policy, content, healthCheckId } = set;
  const faults: string[] = [];
  if (!isWithin(name, zone.name))
    return [`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`];
  if (type === 'CNAME' && name === zone.name)
    faults.push(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`);
  if (type === 'SOA' && name !== zone.name)
    faults.push(`RRSet of type SOA with DNS name ${name} is not permitted in zone ${zone.name}`);
  if ((type === 'SOA' || (type === 'NS' && name === zone.name)) && policy.kind !== 'simple')
    faults.push(`RRSet of type ${type} with DNS name ${name} must have simple routing`);
  if (content.kind === 'values') {
    for (const [index, value] of content.values.entries()) {
      const fault = valueFault(type, value);
      if (fault !== undefined) faults.push(fault);
      else if (content.values.indexOf(value) !== index) faults.push(`Duplicate Resource Record: '${value}'`);
    }
    if ((type === 'CNAME' || type === 'SOA') && content.values.length > 1)
      faults.push(`RRSet of type ${type} with DNS name ${name} must have exactly one value`);
  }
  if (policy.kind === 'failover') {
    if (content.kind === 'alias' && !content.evaluateTargetHealth)
      faults.push(
        `Failover alias RRSet with DNS name ${name}, type ${type}, SetIdentifier ${set.setIdentifier ?? ''} must have EvaluateTargetHealth set to true`,
      );
    if (content.kind === 'values' && policy.role === 'PRIMARY' && healthCheckId === undefined)
      faults.push('A non-alias primary ResourceRecordSet must have an associated health check');
  }
  return faults;
}

/**
 * Faults of a zone's sets together: at the names that a batch wrote, of the aliases it wrote, and of the zone's
 * own NS and SOA.
 */
export function groupFaults(zone: Zone, after: RecordSets, written: readonly RecordSet[]): string[] {
  const faults: string[] = [];
  for (const set of written) {
    if (!after.has(keyOf(set))) continue;
    const atName = [...after.values()].filter(({ name }) => name === set.name);
    faults.push(...cnameFaults(zone, set, atName), ...policyFaults(set, atName));
    if (set.content.kind === 'alias') faults.push(...aliasFaults(zone, set, after));
  }
  const apex = [...after.values()].filter(({ name }) => name === zone.name);
  if (!apex.some(({ type }) => type === 'NS'))
    faults.push('A HostedZone must contain at least one NS record for the zone itself.');
  if (!apex.some(({ type }) => type === 'SOA'))
    faults.push('A HostedZone must contain exactly one SOA record.');
  return faults;
}

function cnameFaults(zone: Zone, { name, type }: RecordSet, atName: readonly RecordSet[]): string[] {
  const others = atName.filter((other) => other.type !== type);
  if (type === 'CNAME' && others.length > 0)
    return [
      `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
    ];
  if (others.some((other) => other.type === 'CNAME'))
    return [
      `RRSet of type ${type} with DNS name ${name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone.name}`,
    ];
  return [];
}

function policyFaults(set: RecordSet, atName: readonly RecordSet[]): string[] {
  const { name, type, setIdentifier, policy } = set;
  const others = atName.filter((other) => other.type === type && keyOf(other) !== keyOf(set));
  const rrset = `RRSet with DNS name ${name}, type ${type}`;
  if (policy.kind === 'simple')
    return others.length > 0
      ? [`${rrset} cannot be created as other RRSets exist with the same name and type.`]
      : [];
  const identified = `${rrset}, SetIdentifier ${setIdentifier ?? ''}`;
  const mixed = others.some((other) => other.policy.kind !== policy.kind);
  if (policy.kind === 'weighted')
    return mixed
      ? [`${identified} cannot be created as a non-weighted set exists with the same name and type.`]
      : [];
  const marked = `${identified}, marked as ${policy.role.toLowerCase()}`;
  if (mixed)
    return [
      `${marked} cannot be created because a non-failover RRSet with the same name and type already exists`,
    ];
  const twin = others.some(({ policy: other }) => other.kind === 'failover' && other.role === policy.role);
  return twin
    ? [
        `${marked} cannot be created because a failover RRSet marked as ${policy.role.toLowerCase()} with the same name and type already exists`,
      ]
    : [];
}

function aliasFaults(zone: Zone, { name, type, content }: RecordSet, after: RecordSets): string[] {
  if (content.kind !== 'alias' || content.zoneId !== zone.id) return [];
  const tried = `Tried to create an alias that targets ${content.name}, type ${type} in zone ${zone.id}, but`;
  const faults: string[] = [];
  if (!isWithin(content.name, zone.name))
    faults.push(`${tried} the alias target name does not lie within the target zone`);
  const targets = [...after.values()].filter((other) => other.name === content.name && other.type === type);
  if (targets.length === 0 || content.name === name) faults.push(`${tried} that target was not found`);
  return faults;
}
