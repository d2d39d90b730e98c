import type { Authorizer, CreateResource, Principal } from '../contract.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Absent for the operator, whose keys do not expire. */
  readonly sessionToken?: string;
}

/** A call that a role's policies did not allow. */
export interface Denial {
  /** Name of the role. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** Incident time, milliseconds since the epoch. */
  readonly at: number;
}

/** Something a role may do and never did. */
interface UnusedPermission {
  /** Name of the role. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

export interface Iam extends Authorizer {
  readonly account: string;
  /** Access key, secret and session token of a role's session; the same ones each time. */
  credentialsFor(roleArn: string): Credentials;
  /** The person at the keyboard, who may do everything. */
  readonly operator: Credentials & { readonly principal: Principal };
  /** Who an access key belongs to; undefined when nobody has it. */
  identify(
    accessKeyId: string,
  ): { readonly principal: Principal; readonly credentials: Credentials } | undefined;
  denied(): readonly Denial[];
  /**
   * Each (action, resource) pair of an Allow statement that no call needed. Left out: logs and X-Ray, which
   * the local cloud has not, and AWS's managed policies, which nobody can narrow.
   */
  unused(): readonly UnusedPermission[];
  /** Creates roles and policies of a template. */
  readonly resources: Readonly<Record<string, CreateResource>>;
}
