import type * as z from 'zod';
import type { DeployedResource } from './contract.ts';

/**
 * The properties of a resource, read by a strict schema: what is not modelled here is refused, because a
 * drill that ignores a property proves something other than what is deployed.
 *
 * @throws Error naming the stack, the resource, its type, and every property that does not fit
 */
export function readProperties<Schema extends z.ZodType>(
  { stack, logicalId, type, properties }: DeployedResource,
  schema: Schema,
): z.output<Schema> {
  const read = schema.safeParse(properties);
  if (read.success) return read.data;
  const issues = read.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || type}: ${message}`,
  );
  throw new Error(
    `stack ${stack}: ${logicalId} (${type}) has what the local cloud does not know: ${issues.join('; ')}`,
  );
}
