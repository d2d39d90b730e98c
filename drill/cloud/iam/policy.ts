import * as z from 'zod';
import { conditionsHold, knowsOperator, type Conditions, type RequestContext } from './conditions.ts';
import { like, likeAction } from './patterns.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const conditionValue = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => [value].flat().map(String));

const conditions = z
  .record(z.string(), z.record(z.string(), conditionValue))
  .superRefine((block, context) => {
    for (const operator of Object.keys(block)) {
      if (knowsOperator(operator)) continue;
      context.addIssue({ code: 'custom', message: `condition operator ${operator} is not understood` });
    }
  });

const principal = z.union([z.literal('*'), z.record(z.string(), oneOrMore)]);

const resource = oneOrMore.refine((patterns) => !patterns.some((pattern) => pattern.includes('${')), {
  message: 'policy variables are not understood',
});

const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: resource.optional(),
    NotResource: resource.optional(),
    Principal: principal.optional(),
    Condition: conditions.optional(),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), {
    message: 'needs either Action or NotAction',
  });

const document = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement)]).transform((given) => [given].flat()),
});

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** The actions are those that the statement does not speak of. */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  readonly exceptResources: boolean;
  readonly conditions: Conditions;
  /** Kind → values, `*` for anybody; undefined in policies of an identity. */
  readonly principal: '*' | Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * Read a policy document.
 *
 * Refuses what it would not evaluate as AWS does (unknown operators, policy variables): a condition that is
 * silently ignored grants what AWS would deny.
 *
 * @param kind whether a policy of an identity, which must name resources, or of a resource, which must name principals
 * @throws Error with the place of each fault
 */
export function readPolicy(given: unknown, kind: 'identity' | 'resource'): readonly Statement[] {
  const parsed = document.safeParse(given);
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  }
  return parsed.data.Statement.map((one, i): Statement => {
    const resources = one.Resource ?? one.NotResource;
    if (kind === 'identity' && (resources === undefined || one.Principal !== undefined)) {
      throw new Error(`Statement.${i}: a policy of an identity names resources and no principal`);
    }
    if (kind === 'resource' && one.Principal === undefined) {
      throw new Error(`Statement.${i}: a policy of a resource names principals`);
    }
    return {
      effect: one.Effect,
      actions: one.Action ?? one.NotAction ?? [],
      exceptActions: one.NotAction !== undefined,
      resources: resources ?? ['*'],
      exceptResources: one.NotResource !== undefined,
      conditions: one.Condition ?? {},
      principal: one.Principal,
    };
  });
}

export interface PolicyRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/** Whether a statement speaks of a request, whatever it says of it. */
export function applies(statement: Statement, { action, resource, context }: PolicyRequest): boolean {
  return (
    statement.actions.some((pattern) => likeAction(pattern, action)) !== statement.exceptActions &&
    statement.resources.some((pattern) => like(pattern, resource)) !== statement.exceptResources &&
    conditionsHold(statement.conditions, context)
  );
}

/** Whether a statement of a resource's policy speaks of a service of AWS, such as `events.amazonaws.com`. */
export function namesService({ principal }: Statement, service: string): boolean {
  if (principal === undefined || principal === '*') return principal === '*';
  const anybody = principal['AWS']?.includes('*') ?? false;
  return anybody || (principal['Service']?.includes(service) ?? false);
}

/**
 * Whether a resource's own policy denies a request to a principal.
 *
 * Its Allow statements are left out of account: within an account they only add to what a role's own policies
 * allow, and a role here needs those.
 */
export function denies(
  statements: readonly Statement[],
  principalArn: string,
  request: PolicyRequest,
): boolean {
  return statements.some(
    (statement) =>
      statement.effect === 'Deny' && namesIdentity(statement, principalArn) && applies(statement, request),
  );
}

function namesIdentity({ principal }: Statement, arn: string): boolean {
  if (principal === undefined || principal === '*') return principal === '*';
  return principal['AWS']?.some((named) => named === '*' || named === arn) ?? false;
}
