import * as z from 'zod';
import {
  AwsError,
  type CloudService,
  type CreateResource,
  type Foundation,
  type Permission,
  type Principal,
} from '../contract.ts';
import { applies, denies, readPolicy, type Statement } from '../iam/policy.ts';
import { readProperties } from '../template-properties.ts';
import { uuid } from '../uuid.ts';

/** AWS KMS, as far as other services encrypt with its keys. */
export interface Keys {
  /** Has resources and no operations: nothing of a recovery calls KMS itself. */
  readonly service: CloudService;
  /**
   * ARN of a key by its id, its ARN, its alias or the alias's ARN.
   *
   * @throws AwsError `KMS.NotFoundException` when the region has no such key
   */
  arnOf(region: string, given: string): string;
  /**
   * Use a key for a service, as its caller.
   *
   * @throws AwsError `AccessDeniedException` unless the key's policy and the caller's allow it, and
   *   `KMS.DisabledException` when the key is disabled
   */
  use(principal: Principal, permission: Permission): void;
  /** Make a key that no template has; the account's policies decide who may use it. @returns its ARN */
  create(region: string, options?: KeyOptions): string;
  /** Disable a key, or enable it again: all that it encrypts can be read no more. */
  enable(arn: string, enabled: boolean): void;
}

interface KeyOptions {
  readonly alias?: string;
  /** A multi-Region key of its id is in every region where it is made; its id begins with `mrk-`. */
  readonly multiRegion?: boolean;
  /** ARN of the multi-Region key that it is the replica of. */
  readonly replicaOf?: string;
}

interface Key {
  readonly arn: string;
  readonly policy: readonly Statement[];
  enabled: boolean;
}

const inert = z.unknown().optional();

const key = z.strictObject({
  KeyPolicy: z.unknown(),
  Enabled: z.boolean().optional(),
  EnableKeyRotation: z.boolean().optional(),
  RotationPeriodInDays: z.number().optional(),
  PendingWindowInDays: z.number().optional(),
  MultiRegion: z.boolean().optional(),
  Description: z.string().optional(),
  KeySpec: z.literal('SYMMETRIC_DEFAULT').optional(),
  KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
  Tags: inert,
});

const alias = z.strictObject({
  AliasName: z.string().regex(/^alias\/(?!aws\/).+/, 'is not a name that an alias can have'),
  TargetKeyId: z.string(),
});

/** Where a key is when nobody made one: AWS's own for S3, which everybody of the account may use through S3. */
const managed = /^arn:aws:kms:[^:]+:\d+:alias\/aws\//;

/** `AWS::KMS::Key` and `AWS::KMS::Alias`, and who may use a key. */
export function kms(foundation: Foundation): Keys {
  const { account, authorizer } = foundation;
  const keys = new Map<string, Key>();
  const aliases = new Map<string, string>();

  function arnOf(region: string, given: string): string {
    const full = given.startsWith('arn:') ? given : `arn:aws:kms:${region}:${account}:${path(given)}`;
    const arn = aliases.get(full) ?? full;
    const [, , , at] = arn.split(':');
    if (at === region && (keys.has(arn) || managed.test(arn))) return arn;
    throw new AwsError('KMS.NotFoundException', `Key '${full}' does not exist`);
  }

  function use(principal: Principal, permission: Permission): void {
    const { action, resource } = permission;
    if (managed.test(resource)) return;
    const used = keys.get(resource);
    if (!used) throw new AwsError('KMS.NotFoundException', `Key '${resource}' does not exist`);
    const context = { 'aws:PrincipalArn': principal.arn, ...permission.context };
    const request = { action, resource: '*', context };
    const refused = (reason: string) =>
      new AwsError(
        'AccessDeniedException',
        `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
        403,
      );
    if (denies(used.policy, principal.arn, request)) {
      throw refused('with an explicit deny in a resource-based policy');
    }
    const allowing = used.policy.filter(
      (statement) => statement.effect === 'Allow' && applies({ ...statement, resources: ['*'] }, request),
    );
    // A key's policy allows by itself; where it names the account it leaves the decision to the caller's policies.
    if (!allowing.some((statement) => names(statement, [principal.arn]))) {
      if (!allowing.some((statement) => names(statement, [account, `arn:aws:iam::${account}:root`]))) {
        throw refused(`because no resource-based policy allows the ${action} action`);
      }
      authorizer.authorize(principal, permission);
    }
    if (!used.enabled) throw new AwsError('KMS.DisabledException', `${resource} is disabled.`);
  }

  function create(region: string, policy: unknown, id: string, enabled = true): string {
    const arn = `arn:aws:kms:${region}:${account}:key/${id}`;
    keys.set(arn, { arn, policy: readPolicy(policy, 'resource'), enabled });
    return arn;
  }

  /** Of a multi-Region key `mrk-` and 32 digits, of any other a UUID. */
  function newId(multiRegion: boolean): string {
    const plain = uuid(foundation);
    return multiRegion ? `mrk-${plain.replaceAll('-', '')}` : plain;
  }

  function name(region: string, alias: string, target: string): string {
    const arn = `arn:aws:kms:${region}:${account}:${alias}`;
    if (aliases.has(arn)) throw new Error(`two keys of ${region} have the alias ${alias}`);
    aliases.set(arn, arnOf(region, target));
    return arn;
  }

  const resources: Readonly<Record<string, CreateResource>> = {
    'AWS::KMS::Key': (resource) => {
      const { KeyPolicy, Enabled = true, MultiRegion = false } = readProperties(resource, key);
      const id = newId(MultiRegion);
      const arn = create(resource.region, KeyPolicy, id, Enabled);
      return { ref: id, attributes: { Arn: arn, KeyId: id } };
    },
    'AWS::KMS::Alias': (resource) => {
      const { AliasName, TargetKeyId } = readProperties(resource, alias);
      const arn = name(resource.region, AliasName, TargetKeyId);
      return { ref: AliasName, attributes: { AliasArn: arn } };
    },
  };

  return {
    service: { signingName: 'kms', operations: {}, resources },
    arnOf,
    use,
    create(region, { alias, multiRegion = false, replicaOf } = {}) {
      const principal = { AWS: `arn:aws:iam::${account}:root` };
      const Statement = { Effect: 'Allow', Action: 'kms:*', Principal: principal, Resource: '*' };
      const id = replicaOf === undefined ? newId(multiRegion) : (replicaOf.split('/')[1] ?? '');
      const made = create(region, { Version: '2012-10-17', Statement }, id);
      if (alias !== undefined) name(region, alias, made);
      return made;
    },
    enable(arn, enabled) {
      const found = keys.get(arn);
      if (!found) throw new Error(`there is no key ${arn}`);
      found.enabled = enabled;
    },
  };
}

function path(given: string): string {
  return given.startsWith('alias/') ? given : `key/${given}`;
}

function names({ principal }: Statement, wanted: readonly string[]): boolean {
  if (principal === undefined || principal === '*') return principal === '*';
  return principal['AWS']?.some((named) => named === '*' || wanted.includes(named)) ?? false;
}
