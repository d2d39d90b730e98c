import type { CloudService, CreateResource, Identity } from '../cloud/contract.ts';
import { inertResources } from './inert.ts';
import type { AssembledStack } from './read.ts';
import { conditionHolds, resolve, type Surroundings } from './resolve.ts';

/** What was created, for those who ask where something is. */
export interface Deployment {
  readonly resources: readonly DeployedEntry[];
}

export interface DeployedEntry {
  readonly stack: string;
  readonly region: string;
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * Create every resource of the stacks in the local cloud, as `cdk deploy` would in AWS.
 *
 * Refuses a type that no service of the local cloud knows, rather than skipping it: a resource that is
 * silently missing makes a drill that proves nothing.
 *
 * @throws Error naming the stack, the resource and its type
 */
export function deploy(stacks: readonly AssembledStack[], services: readonly CloudService[]): Deployment {
  const creators = new Map<string, CreateResource>(Object.entries(inertResources));
  for (const service of services) {
    for (const [type, create] of Object.entries(service.resources ?? {})) creators.set(type, create);
  }
  return { resources: stacks.flatMap((stack) => deployStack(stack, creators)) };
}

function deployStack(stack: AssembledStack, creators: ReadonlyMap<string, CreateResource>): DeployedEntry[] {
  const { template, name, account, region } = stack;
  const created = new Map<string, Identity>();
  const entries: DeployedEntry[] = [];
  const underway: string[] = [];
  const around: Surroundings = { template, stack: name, account, region, identity };

  function identity(logicalId: string): Identity {
    const known = created.get(logicalId);
    if (known) return known;
    const resource = template.Resources?.[logicalId];
    if (!resource) throw new Error(`stack ${name}: no resource or parameter ${logicalId}`);
    if (underway.includes(logicalId)) {
      throw new Error(
        `stack ${name}: resources refer to each other: ${[...underway, logicalId].join(' → ')}`,
      );
    }
    const create = creators.get(resource.Type);
    if (!create) {
      throw new Error(
        `stack ${name}: ${logicalId} is an ${resource.Type}, which the local cloud does not know`,
      );
    }
    underway.push(logicalId);
    for (const other of [resource.DependsOn ?? []].flat()) if (wanted(other)) identity(other);
    const properties = resolve(resource.Properties ?? {}, around) as Record<string, unknown>;
    underway.pop();
    const made = create({ logicalId, type: resource.Type, properties, stack: name, region, account });
    created.set(logicalId, made);
    entries.push({
      stack: name,
      region,
      logicalId,
      type: resource.Type,
      ref: made.ref,
      attributes: made.attributes ?? {},
    });
    return made;
  }

  function wanted(logicalId: string): boolean {
    const condition = template.Resources?.[logicalId]?.Condition;
    return condition === undefined || conditionHolds(condition, around);
  }

  for (const logicalId of Object.keys(template.Resources ?? {})) if (wanted(logicalId)) identity(logicalId);
  return entries;
}
