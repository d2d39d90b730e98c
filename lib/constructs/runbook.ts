import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

const directory = path.join(import.meta.dirname, '..', '..', 'statemachines');

interface RunbookProps {
  readonly environmentName: string;
  /** File in `statemachines/` without its ending, and the last part of the machine's name. */
  readonly machine: string;
  /** By the name that stands as `${Name}` in the machine: what it invokes. */
  readonly tasks: Readonly<Record<string, TaskFunction<unknown>>>;
  /** Likewise: what it starts. */
  readonly machines?: Readonly<Record<string, Runbook>>;
}

/**
 * A state machine of `statemachines/`, wired.
 *
 * One map gives both the substitution and the permission, so that they cannot drift apart; a placeholder
 * without an entry, or an entry without a placeholder, is refused when the app is synthesized.
 */
export class Runbook extends Construct {
  readonly stateMachine: sfn.StateMachine;
  readonly arn: string;
  readonly machineName: string;

  constructor(scope: Construct, id: string, props: RunbookProps) {
    super(scope, id);
    const { environmentName, machine, tasks, machines = {} } = props;
    this.machineName = `lifeboat-${environmentName}-${machine}`;
    const stack = Stack.of(this);
    this.arn = stack.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: this.machineName,
      arnFormat: colon,
    });
    const definition = readDefinition(machine, [...Object.keys(tasks), ...Object.keys(machines)]);
    const role = new iam.Role(this, 'Role', {
      roleName: this.machineName,
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
      description: `What ${this.machineName} may do`,
    });
    const logGroup = new logs.LogGroup(this, 'Log', {
      // Step Functions' own log groups must begin so, or its resource policy grows past its limit.
      logGroupName: `/aws/vendedlogs/states/${this.machineName}`,
      retention: logs.RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new sfn.StateMachine(this, 'Machine', {
      stateMachineName: this.machineName,
      definitionBody: sfn.DefinitionBody.fromString(definition),
      definitionSubstitutions: {
        ...Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, task.function.functionArn])),
        ...Object.fromEntries(Object.entries(machines).map(([name, child]) => [name, child.arn])),
      },
      role,
      tracingEnabled: true,
      logs: { destination: logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
    });
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'Delivery of logs and X-Ray have no resources to name',
    );
    if (Object.keys(tasks).length > 0) {
      role.addToPolicy(
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: Object.values(tasks).map((task) => task.function.functionArn),
        }),
      );
    }
    if (Object.keys(machines).length > 0) this.#allowStarting(role, Object.values(machines));
  }

  #allowStarting(role: iam.Role, children: readonly Runbook[]): void {
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['states:StartExecution'],
        resources: children.map((child) => child.arn),
      }),
    );
    const stack = Stack.of(this);
    const executions = children.map((child) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${child.machineName}:*`,
        arnFormat: colon,
      }),
    );
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: executions,
      }),
    );
    // How Step Functions learns that a child of `.sync` has ended; the rule is its own (its developer guide).
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
          }),
        ],
      }),
    );
    for (const child of children) {
      acknowledge(
        role,
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:${stack.region}:${stack.account}:execution:${child.machineName}:*]`,
        'Executions of one machine, whose names are the incidents',
      );
    }
  }
}

const colon = ArnFormat.COLON_RESOURCE_NAME;

/** The machine's text, its placeholders checked against what is given; without what only people need to read it. */
function readDefinition(machine: string, given: readonly string[]): string {
  const text = readFileSync(path.join(directory, `${machine}.asl.json`), 'utf8');
  checkPlaceholders(machine, text, given);
  // All the machines' texts are in one template, which may have a megabyte (CloudFormation quotas).
  return JSON.stringify(JSON.parse(text));
}

/**
 * Every `${...}` counts, also in the middle of a text: CloudFormation substitutes them wherever they stand.
 *
 * @throws Error with what is not given and what is given in vain
 */
export function checkPlaceholders(machine: string, text: string, given: readonly string[]): void {
  const wanted = new Set([...text.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1] ?? ''));
  const missing = [...wanted].filter((name) => !given.includes(name));
  const idle = given.filter((name) => !wanted.has(name));
  if (missing.length > 0 || idle.length > 0) {
    throw new Error(
      `${machine}.asl.json: nothing is given for ${missing.join(', ') || '(none)'}; given and not used: ${idle.join(', ') || '(none)'}`,
    );
  }
}
