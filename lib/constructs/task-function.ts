import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { InvalidEnvironment } from '../config/load.ts';
import { acknowledge } from './acknowledge.ts';
import { bundle, settingsFile } from './bundle.ts';

/** All variables of a function together may have 4 KB (Lambda quotas); that with the environment's name needs some of it. */
const maxVariables = 4096 - 64;

/** What a name or an ARN that CloudFormation fills in may come to. */
const referenceBytes = 96;

/** Where a function runs that must reach what is private. */
export interface TaskNetwork {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

interface TaskFunctionProps<Settings> {
  /** Folder under `lambdas/`, and the last part of the function's name. */
  readonly task: string;
  readonly environmentName: string;
  readonly settings: Settings;
  /** Of its role, when another region has the same task: names of roles are the account's, not a region's. */
  readonly roleName?: string;
  /** Seconds. Must be shorter than the TimeoutSeconds of the states that call it. */
  readonly timeout?: number;
  /** Beside the settings, for what is no setting of ours. */
  readonly variables?: Readonly<Record<string, string>>;
  /** For a private cluster endpoint, or a database. */
  readonly vpc?: TaskNetwork | undefined;
}

/**
 * One task: its bundle, its own role with no more than logs and traces, its log group and its settings.
 *
 * What else it may do is granted by who gives it the thing to do it with.
 */
export class TaskFunction<Settings> extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: TaskFunctionProps<Settings>) {
    super(scope, id);
    const name = `lifeboat-${props.environmentName}-${props.task}`;
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${name}`,
      retention: logs.RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      // Named, so that a trail and a report say which task it was.
      roleName: props.roleName ?? name,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${name} may do`,
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.allowAnywhere(
      ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      'X-Ray has no resources to name',
    );
    const settings = this.#settings(props);
    acknowledge(
      this.role,
      `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(logGroup.node.defaultChild as logs.CfnLogGroup)}.Arn>]`,
      "The log group's ARN ends in :*, which stands for its streams",
    );
    this.function = new lambda.Function(this, 'Function', {
      functionName: name,
      description: `Lifeboat task ${props.task} (${props.environmentName})`,
      code: bundle(this, props.task, settings.file),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(props.timeout ?? 30),
      tracing: lambda.Tracing.ACTIVE,
      role: this.role,
      logGroup,
      environment: {
        LIFEBOAT_ENVIRONMENT: props.environmentName,
        SETTINGS: settings.variable,
        ...props.variables,
      },
    });
    acknowledge(
      this.function,
      'AwsSolutions-L1',
      'nodejs24.x is supported until April 2028; 26 is not in every region yet',
    );
    if (props.vpc) this.#attach(props.vpc);
  }

  /** Let the task do these things to these resources, and nothing wider. */
  allow(
    actions: readonly string[],
    resources: readonly string[],
    conditions?: Record<string, unknown>,
  ): void {
    if (resources.includes('*')) throw new Error(`${actions.join(', ')}: say why any resource is allowed`);
    this.#grant(actions, resources, conditions);
  }

  /** Let the task do what AWS ties to no resource. */
  allowAnywhere(actions: readonly string[], why: string, conditions?: Record<string, unknown>): void {
    acknowledge(this.role, 'AwsSolutions-IAM5[Resource::*]', `${actions.join(', ')}: ${why}`);
    this.#grant(actions, ['*'], conditions);
  }

  /**
   * Keep what fails although it was delivered. EventBridge and its Scheduler only hand an event to Lambda: when
   * the function then fails on every try, they never hear of it, and Lambda drops the event.
   */
  keepFailed(queue: sqs.Queue, retryAttempts: number, maxEventAge: Duration): void {
    this.function.configureAsyncInvoke({ onFailure: new SqsDestination(queue), retryAttempts, maxEventAge });
  }

  #grant(
    actions: readonly string[],
    resources: readonly string[],
    conditions: Record<string, unknown> | undefined,
  ): void {
    for (const part of inParts(resources)) {
      this.role.addToPolicy(
        new iam.PolicyStatement({
          actions: [...actions],
          resources: [...part],
          ...(conditions ? { conditions } : {}),
        }),
      );
    }
  }

  /**
   * What does not fit into the variables travels with the code, if it is known before it is deployed.
   *
   * @throws InvalidEnvironment when it is not, and Lambda would not take so much of it
   */
  #settings(props: TaskFunctionProps<Settings>): { readonly variable: string; readonly file?: string } {
    const text = Stack.of(this).toJsonString(props.settings);
    const resolved: unknown = Stack.of(this).resolve(text);
    const bytes = bytesOf(resolved);
    const others = Object.entries(props.variables ?? {}).reduce(
      (sum, [name, value]) => sum + name.length + bytesOf(Stack.of(this).resolve(value)),
      0,
    );
    const allowed = maxVariables - others;
    if (bytes <= allowed) return { variable: text };
    if (typeof resolved === 'string') return { variable: `file:${settingsFile}`, file: resolved };
    throw new InvalidEnvironment(props.environmentName, [
      `settings of ${props.task}: about ${bytes} bytes, allowed: ${allowed} (Lambda takes 4 KB for all variables); shorten the environment, for example its records or contacts`,
    ]);
  }

  #attach(vpc: TaskNetwork): void {
    const resource = this.function.node.defaultChild as lambda.CfnFunction;
    resource.vpcConfig = {
      subnetIds: [...vpc.subnetIds],
      securityGroupIds: [...vpc.securityGroupIds],
    };
    this.allowAnywhere(
      [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      "Lambda's own network interfaces, which have no name before they are made",
    );
  }
}

/** Together the texts of a part fit into a policy of 6,144 characters (IAM quotas), which is what a full role goes on in. */
function inParts(resources: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let room = 0;
  for (const resource of resources) {
    const length = resource.length + 3;
    if (parts.length === 0 || length > room) {
      parts.push([]);
      room = 5_000;
    }
    parts.at(-1)?.push(resource);
    room -= length;
  }
  return parts;
}

/** Of a text as a template holds it: a string, or a join of strings and references. Lambda measures variables as JSON, in which a quote is two bytes. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(JSON.stringify(value)) - 2;
  const join: unknown =
    typeof value === 'object' && value !== null && 'Fn::Join' in value ? value['Fn::Join'] : undefined;
  const parts: unknown = Array.isArray(join) ? join[1] : undefined;
  if (!Array.isArray(parts)) return referenceBytes;
  return parts.reduce<number>((sum, part) => sum + bytesOf(part), 0);
}
