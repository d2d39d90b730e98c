import * as z from 'zod';
import type { CreateResource, DeployedResource } from '../contract.ts';
import { readProperties } from '../template-properties.ts';
import { readPolicy, type Statement } from './policy.ts';

/** What the resources of a template are kept in. */
export interface IdentityStore {
  addRole(arn: string, name: string): void;
  /** Undefined when no role has that name. */
  roleArn(name: string): string | undefined;
  attach(roleArn: string, statements: readonly Statement[]): void;
  attachManaged(roleArn: string, policyArn: string): void;
  addManaged(policyArn: string, statements: readonly Statement[]): void;
}

const tags = z.array(z.unknown()).optional();

const role = z.strictObject({
  RoleName: z.string().max(64).optional(),
  Path: z.literal('/').optional(),
  Description: z.string().optional(),
  AssumeRolePolicyDocument: z.record(z.string(), z.unknown()),
  ManagedPolicyArns: z.array(z.string()).optional(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown() })).optional(),
  MaxSessionDuration: z.number().optional(),
  Tags: tags,
});

const policy = z.strictObject({
  PolicyName: z.string(),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).min(1),
});

const managedPolicy = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  Path: z.literal('/').optional(),
  Description: z.string().optional(),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).optional(),
  Tags: tags,
});

/** `AWS::IAM::Role`, `AWS::IAM::Policy` and `AWS::IAM::ManagedPolicy`. */
export function identityResources(
  store: IdentityStore,
  account: string,
  id: (prefix?: string) => string,
): Readonly<Record<string, CreateResource>> {
  const arnOf = (resource: DeployedResource, name: string) => {
    const arn = store.roleArn(name);
    if (arn === undefined) throw new Error(`${place(resource)}: no role is named ${name}`);
    return arn;
  };
  return {
    'AWS::IAM::Role': (resource) => {
      const properties = readProperties(resource, role);
      const name = properties.RoleName ?? `${resource.stack}-${resource.logicalId}`.slice(0, 64);
      const arn = `arn:aws:iam::${account}:role/${name}`;
      explained(resource, () => {
        readPolicy(properties.AssumeRolePolicyDocument, 'resource');
        store.addRole(arn, name);
        for (const { PolicyDocument } of properties.Policies ?? []) {
          store.attach(arn, readPolicy(PolicyDocument, 'identity'));
        }
        for (const policyArn of properties.ManagedPolicyArns ?? []) store.attachManaged(arn, policyArn);
      });
      return { ref: name, attributes: { Arn: arn, RoleId: id('AROA') } };
    },
    'AWS::IAM::Policy': (resource) => {
      const { PolicyName, PolicyDocument, Roles } = readProperties(resource, policy);
      explained(resource, () => {
        const statements = readPolicy(PolicyDocument, 'identity');
        for (const name of Roles) store.attach(arnOf(resource, name), statements);
      });
      return { ref: PolicyName };
    },
    'AWS::IAM::ManagedPolicy': (resource) => {
      const properties = readProperties(resource, managedPolicy);
      const name = properties.ManagedPolicyName ?? `${resource.stack}-${resource.logicalId}`;
      const arn = `arn:aws:iam::${account}:policy/${name}`;
      explained(resource, () => {
        store.addManaged(arn, readPolicy(properties.PolicyDocument, 'identity'));
        for (const roleName of properties.Roles ?? []) store.attachManaged(arnOf(resource, roleName), arn);
      });
      return { ref: arn, attributes: { PolicyArn: arn } };
    },
  };
}

function place({ stack, logicalId }: DeployedResource): string {
  return `stack ${stack}: ${logicalId}`;
}

function explained(resource: DeployedResource, create: () => void): void {
  try {
    create();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${place(resource)}: ${reason}`, { cause });
  }
}
