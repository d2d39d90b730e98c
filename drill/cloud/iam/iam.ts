import type { Clock } from '../../clock.ts';
import { AwsError, type Permission, type Principal } from '../contract.ts';
import type { Credentials, Denial, Iam } from './contract.ts';
import { managedPolicy } from './managed-policies.ts';
import { applies, type PolicyRequest, type Statement } from './policy.ts';
import { identityResources, type IdentityStore } from './resources.ts';

interface IamOptions {
  readonly account: string;
  readonly clock: Clock;
  /** Distinct, reproducible ids, as of the foundation. */
  readonly id: (prefix?: string) => string;
}

interface Role {
  readonly principal: Principal;
  readonly credentials: Credentials;
  readonly statements: { readonly statement: Statement; readonly tracked: boolean }[];
  /** Pairs that some call needed. */
  readonly used: Set<string>;
}

/**
 * Identities of the local cloud: the roles of the template with their policies, and the operator.
 *
 * Evaluation is AWS's for calls within an account: an explicit Deny wins, else some Allow is needed.
 */
export function createIam({ account, clock, id }: IamOptions): Iam {
  const roles = new Map<string, Role>();
  const managed = new Map<string, readonly Statement[]>();
  const keys = new Map<string, { principal: Principal; credentials: Credentials }>();
  const denials: Denial[] = [];

  const operator = {
    principal: { kind: 'operator', arn: `arn:aws:iam::${account}:user/operator`, name: 'operator' } as const,
    accessKeyId: id('AKIAOPR'),
    secretAccessKey: `operator-secret-${account}`,
  };
  keys.set(operator.accessKeyId, { principal: operator.principal, credentials: operator });

  function roleOf(arn: string): Role {
    const role = roles.get(arn);
    if (!role) throw new AwsError('NoSuchEntity', `The role ${arn} cannot be found.`, 404);
    return role;
  }

  const store: IdentityStore = {
    addRole(arn, name) {
      if (roles.has(arn)) throw new Error(`two roles have the name ${name}`);
      const principal: Principal = { kind: 'role', arn, name };
      const accessKeyId = id('ASIAROL');
      const credentials = { accessKeyId, secretAccessKey: `secret-${name}`, sessionToken: `session-${name}` };
      roles.set(arn, { principal, credentials, statements: [], used: new Set() });
      keys.set(accessKeyId, { principal, credentials });
    },
    roleArn(name) {
      return [...roles.values()].find(({ principal }) => principal.name === name)?.principal.arn;
    },
    attach(arn, statements) {
      roleOf(arn).statements.push(...statements.map((statement) => ({ statement, tracked: true })));
    },
    attachManaged(arn, policyArn) {
      const own = managed.get(policyArn);
      const statements = own ?? managedPolicy(policyArn);
      if (!statements) throw new Error(`the managed policy ${policyArn} is not known`);
      const tracked = own !== undefined;
      roleOf(arn).statements.push(...statements.map((statement) => ({ statement, tracked })));
    },
    addManaged(policyArn, statements) {
      managed.set(policyArn, statements);
    },
  };

  function authorize(principal: Principal, permission: Permission): void {
    if (principal.kind === 'operator') return;
    const role = roleOf(principal.arn);
    const request: PolicyRequest = {
      ...permission,
      context: {
        'aws:PrincipalArn': principal.arn,
        'aws:PrincipalAccount': account,
        // Loopback stands for AWS's HTTPS endpoints.
        'aws:SecureTransport': 'true',
        ...permission.context,
      },
    };
    const relevant = role.statements.filter(({ statement }) => applies(statement, request));
    const forbidden = relevant.some(({ statement }) => statement.effect === 'Deny');
    const allowing = relevant.filter(({ statement }) => statement.effect === 'Allow');
    if (!forbidden && allowing.length > 0) {
      for (const { statement } of allowing) noteUse(role, statement, request);
      return;
    }
    const { action, resource } = permission;
    denials.push({ role: principal.name, action, resource, at: clock.now() });
    const reason = forbidden
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
    throw new AwsError(
      'AccessDeniedException',
      `User: ${sessionArn(principal)} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
      403,
    );
  }

  return {
    account,
    operator,
    authorize,
    role: (arn) => roleOf(arn).principal,
    credentialsFor: (roleArn) => roleOf(roleArn).credentials,
    identify: (accessKeyId) => keys.get(accessKeyId),
    denied: () => denials,
    unused: () =>
      [...roles.values()].flatMap(({ principal, statements, used }) => {
        const granted = statements.flatMap(({ statement, tracked }) => (tracked ? pairs(statement) : []));
        const distinct = new Map(granted.map((pair) => [key(pair), pair]));
        return [...distinct]
          .filter(([name, { action }]) => !used.has(name) && !/^(logs|xray):/i.test(action))
          .map(([, { action, resource }]) => ({ role: principal.name, action, resource }));
      }),
    resources: identityResources(store, account, id),
  };
}

interface Pair {
  readonly action: string;
  readonly resource: string;
}

function key({ action, resource }: Pair): string {
  return `${action} ${resource}`;
}

/** What an Allow statement grants, one by one; negations are one thing each. */
function pairs(statement: Statement): Pair[] {
  if (statement.effect === 'Deny') return [];
  const actions = statement.exceptActions ? [`not ${statement.actions.join(', ')}`] : statement.actions;
  const resources = statement.exceptResources
    ? [`not ${statement.resources.join(', ')}`]
    : statement.resources;
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource })));
}

function noteUse(role: Role, statement: Statement, request: PolicyRequest): void {
  const granular = { ...statement, conditions: {} };
  for (const pair of pairs(statement)) {
    const matches = applies(
      {
        ...granular,
        ...(statement.exceptActions ? {} : { actions: [pair.action] }),
        ...(statement.exceptResources ? {} : { resources: [pair.resource] }),
      },
      request,
    );
    if (matches) role.used.add(key(pair));
  }
}

/** A role's caller is a session of it; AWS names the session in its messages. */
function sessionArn(principal: Principal): string {
  const [, , , , account = ''] = principal.arn.split(':');
  return `arn:aws:sts::${account}:assumed-role/${principal.name}/${principal.name}`;
}
