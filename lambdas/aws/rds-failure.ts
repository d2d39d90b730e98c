import { CapacityFailed, TryAgain, UnsafePlan } from '../incident/errors.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';

/** What RDS's refusals mean for a recovery, and what a person does about them (aws-facts §4.6). */

const nothingChanged = 'Nothing was changed by this call.';

const quota = (name: string, usual: string) =>
  `The account's quota "${name}" (${usual} by default) is used up in this region, and a restore adds to what is ` +
  `there. ${nothingChanged} Raise it in Service Quotas, Amazon RDS, or delete what nobody needs; then start ` +
  'incident again.';

const capacity = (what: string) =>
  `AWS has no room for ${what} at the moment. ${nothingChanged} Start incident again in some minutes; if it ` +
  'stays so, restore by hand into another instance class or availability zone.';

const group = (what: string, member: string) =>
  `${what} is not in this region, although the kept settings name it. ${nothingChanged} Create it there, or ` +
  `correct ${member} of the database whose settings are kept; then start incident again.`;

/** By the name without its `Fault`: RDS spells some with it and some without. */
const lacksRoom: Readonly<Record<string, string>> = {
  InstanceQuotaExceeded: quota('DB instances', '40'),
  DBClusterQuotaExceeded: quota('DB clusters', '40'),
  StorageQuotaExceeded: quota('Total storage for all DB instances', '100,000 GiB'),
  InsufficientDBInstanceCapacity: capacity('an instance of this class'),
  InsufficientDBClusterCapacity: capacity('a cluster of this kind'),
  InsufficientStorageClusterCapacity: capacity('its storage'),
  ProvisionedIopsNotAvailableInAZ: capacity('provisioned IOPS in this availability zone'),
};

const refused: Readonly<Record<string, string>> = {
  PointInTimeRestoreNotEnabled:
    'The source has no automated backups (its retention is 0), so there is nothing to restore from. Look for a ' +
    'manual snapshot, and set a backup retention.',
  DBInstanceAutomatedBackupNotFound:
    'The automated backups are not there any more. See DescribeDBInstanceAutomatedBackups, and manual snapshots.',
  DBInstanceNotFound: 'Somebody has deleted or renamed it. See DescribeDBInstances.',
  DBClusterNotFound: 'Somebody has deleted or renamed it. See DescribeDBClusters.',
  InvalidRestore: 'RDS cannot restore these backups into this network: it must be a VPC.',
  InvalidVPCNetworkState: 'The VPC or its subnets have changed: no address is left, or a subnet is gone.',
  InvalidSubnet: 'A subnet of the subnet group is not there any more, or not in one VPC with the others.',
  DBSubnetGroupDoesNotCoverEnoughAZs:
    'The subnet group has subnets in too few availability zones. Add one in another zone.',
  DBSubnetGroupNotFound: group('the subnet group', 'DBSubnetGroup'),
  DBParameterGroupNotFound: group('the parameter group', 'DBParameterGroups'),
  DBClusterParameterGroupNotFound: group('the cluster parameter group', 'DBClusterParameterGroup'),
  OptionGroupNotFound: group('the option group', 'OptionGroupMemberships'),
  DBSecurityGroupNotFound: group('the security group', 'VpcSecurityGroups'),
  DomainNotFound: group('the directory', 'DomainMemberships'),
  KMSKeyNotAccessible:
    'The encryption key is disabled, deleted or not for this role. Without it nothing of this database can be ' +
    'read: enable it, or allow the role of the task to use it.',
  CertificateNotFound: 'The certificate authority is not offered any more: choose another for the source.',
  StorageTypeNotSupported: 'The storage type does not go with this class or zone.',
  NetworkTypeNotSupported: 'The network type does not go with the subnet group: give its subnets IPv6.',
  VpcEncryptionControlViolationException: 'The VPC enforces encryption in transit, which this class lacks.',
  InvalidParameterValue: 'RDS takes no such value.',
  InvalidParameterCombination: 'RDS does not take these values together.',
};

/** Whatever else is being done to the database must be over first; or the next look finds it done. */
const busy: ReadonlySet<string> = new Set([
  'DBInstanceAlreadyExists',
  'DBClusterAlreadyExists',
  'InvalidDBInstanceState',
  'InvalidDBClusterState',
  'InvalidGlobalClusterState',
  'InvalidDBInstanceAutomatedBackupState',
  'InvalidDBParameterGroupState',
]);

/** The name without its `Fault`: `DBInstanceAlreadyExistsFault` and `DBInstanceAlreadyExists` are the same. */
export function rdsFailure(error: unknown): string {
  return failureName(error).replace(/Fault$/, '');
}

/**
 * Call RDS, and tell its refusals apart by what can be done.
 *
 * @param what for the message: `RestoreDBInstanceToPointInTime erlmcp-r20261123100000 in eu-west-1`
 * @throws TryAgain for what passes by itself, a database that is busy included
 * @throws CapacityFailed for a quota or a lack of machines, with what a person does about it
 * @throws UnsafePlan for a request that RDS will never take, likewise
 */
export async function askRds<T>(what: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw translatedRds(what, error);
  }
}

function translatedRds(what: string, error: unknown): unknown {
  const name = rdsFailure(error);
  const text = `${what}: ${describeFailure(error)}`;
  if (busy.has(name) || passesByItself(error)) return new TryAgain(text, { cause: error });
  const lack = lacksRoom[name];
  if (lack !== undefined) return new CapacityFailed(`${text}. ${lack}`, { cause: error });
  const refusal = refused[name];
  return refusal === undefined ? error : new UnsafePlan(`${text}. ${refusal}`);
}
