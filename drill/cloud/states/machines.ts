import * as z from 'zod';
import { InvalidDefinition, loadMachine, type Machine } from '../../engine/load.ts';
import { AwsError, type CreateResource, type Foundation } from '../contract.ts';
import { readProperties } from '../template-properties.ts';

/** A state machine of the template. */
export interface StoredMachine {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly roleArn: string;
  /** JSON text with its placeholders filled. */
  readonly definition: string;
  readonly machine: Machine;
  /** Milliseconds since the epoch, incident time. */
  readonly createdAt: number;
  readonly tracing: boolean;
  readonly logging: z.output<typeof logging> | undefined;
}

const logging = z.strictObject({
  Level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).optional(),
  IncludeExecutionData: z.boolean().optional(),
  Destinations: z
    .array(z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: z.string() }) }))
    .max(1)
    .optional(),
});
const properties = z.strictObject({
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  RoleArn: z.string(),
  StateMachineName: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,80}$/)
    .optional(),
  StateMachineType: z.literal('STANDARD', { error: 'only Standard workflows run here' }).optional(),
  TracingConfiguration: z.strictObject({ Enabled: z.boolean() }).optional(),
  LoggingConfiguration: logging.optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** The machines of the template, by ARN, and how CloudFormation makes one. */
export class Machines {
  readonly #machines = new Map<string, StoredMachine>();
  readonly #foundation: Foundation;
  readonly #resources: readonly string[];

  /** @param resources Resource names that a Task may have */
  constructor(foundation: Foundation, resources: readonly string[]) {
    this.#foundation = foundation;
    this.#resources = resources;
  }

  all(region: string): readonly StoredMachine[] {
    return [...this.#machines.values()].filter((machine) => machine.region === region);
  }

  /** @throws AwsError `InvalidArn`, `StateMachineDoesNotExist` */
  find(arn: string | undefined): StoredMachine {
    if (!/^arn:aws:states:[a-z0-9-]+:\d{12}:stateMachine:/.test(arn ?? '')) {
      throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn ?? ''}'`);
    }
    const machine = this.#machines.get(arn ?? '');
    if (machine) return machine;
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn ?? ''}'`);
  }

  /** @throws Error naming stack, resource, and every fault of the definition by state and field */
  readonly create: CreateResource = (resource) => {
    const { region, account, logicalId, stack } = resource;
    const read = readProperties(resource, properties);
    const name = read.StateMachineName ?? `${stack}-${logicalId}`.slice(0, 80);
    const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
    if (this.#machines.has(arn))
      throw new Error(`stack ${stack}: ${logicalId}: there is a machine ${name} already`);
    const definition = filled(read.DefinitionString, read.DefinitionSubstitutions ?? {});
    let machine: Machine;
    try {
      const open = /\$\{[^}]*\}/.exec(definition);
      if (open) throw new InvalidDefinition([`${open[0]} has no value in DefinitionSubstitutions`]);
      machine = loadMachine(definition, this.#resources);
    } catch (error) {
      if (!(error instanceof InvalidDefinition)) throw error;
      throw new Error(`stack ${stack}: ${logicalId}: invalid definition of ${name}:\n${error.message}`, {
        cause: error,
      });
    }
    this.#machines.set(arn, {
      arn,
      name,
      region,
      roleArn: read.RoleArn,
      definition,
      machine,
      createdAt: this.#foundation.clock.now(),
      tracing: read.TracingConfiguration?.Enabled ?? false,
      logging: read.LoggingConfiguration,
    });
    return { ref: arn, attributes: { Arn: arn, Name: name, StateMachineRevisionId: 'INITIAL' } };
  };
}

function filled(definition: string, values: Readonly<Record<string, string | number | boolean>>): string {
  return definition.replace(/\$\{([^}]*)\}/g, (placeholder, key: string) =>
    Object.hasOwn(values, key) ? String(values[key]) : placeholder,
  );
}
