import { Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { bundle } from './bundle.ts';

/** All variables of a function together may not be larger (Lambda quotas). */
const maxVariables = 4096;

export interface TaskFunctionProps<Settings> {
  /** Folder under `lambdas/`, and the last part of the function's name. */
  readonly task: string;
  readonly environmentName: string;
  readonly settings: Settings;
  /** Seconds. Must be shorter than the TimeoutSeconds of the states that call it. */
  readonly timeout?: number;
  /** For a private cluster endpoint. */
  readonly vpc?:
    { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | undefined;
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
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${name} may do`,
    });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        resources: ['*'],
      }),
    );
    acknowledge(this.role, 'AwsSolutions-IAM5[Resource::*]', 'X-Ray has no resources to name');
    acknowledge(
      this.role,
      `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(logGroup.node.defaultChild as logs.CfnLogGroup)}.Arn>]`,
      "The log group's ARN ends in :*, which stands for its streams",
    );
    this.function = new lambda.Function(this, 'Function', {
      functionName: name,
      description: `Lifeboat task ${props.task} (${props.environmentName})`,
      code: bundle(props.task),
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
        SETTINGS: Lazy.string({ produce: () => this.#settings(props) }),
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
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: [...actions],
        resources: [...resources],
        ...(conditions ? { conditions } : {}),
      }),
    );
  }

  #settings(props: TaskFunctionProps<Settings>): string {
    const text = Stack.of(this).toJsonString(props.settings);
    if (!Token.isUnresolved(text) && Buffer.byteLength(text) > maxVariables) {
      throw new Error(
        `settings of ${props.task}: ${Buffer.byteLength(text)} bytes, allowed: ${maxVariables} (Lambda's limit for all variables)`,
      );
    }
    return text;
  }

  #attach(vpc: NonNullable<TaskFunctionProps<Settings>['vpc']>): void {
    const resource = this.function.node.defaultChild as lambda.CfnFunction;
    resource.vpcConfig = {
      subnetIds: [...vpc.subnetIds],
      securityGroupIds: [...vpc.securityGroupIds],
    };
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        resources: ['*'],
      }),
    );
  }
}
