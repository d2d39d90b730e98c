import path from 'node:path';
import * as z from 'zod';
import type { SandboxFunction } from '../../runtime/contract.ts';
import { AwsError, type DeployedResource } from '../contract.ts';
import { readProperties } from '../template-properties.ts';

/** How asynchronous invocations of a function are tried again. */
interface EventInvokeSettings {
  /** After the first try. */
  readonly retries: number;
  /** Seconds. */
  readonly maximumAge: number;
}

export interface DeployedFunction {
  readonly sandbox: SandboxFunction;
  readonly logicalId: string;
  readonly description: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly codeKey: string;
  readonly deployedAt: number;
  readonly reservedConcurrency: number | undefined;
  readonly permissions: FunctionPermission[];
  eventInvoke: EventInvokeSettings;
  running: number;
}

/** Who may invoke, by the function's own policy. */
interface FunctionPermission {
  readonly action: string;
  readonly principal: string;
  readonly sourceArn: string | undefined;
  readonly sourceAccount: string | undefined;
}

/** Lambda's limit for all variables together, bytes, and the names it keeps for itself. */
const MAX_ENVIRONMENT = 4_096;
const reserved =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_REGION|AWS_DEFAULT_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;

const ignored = z.unknown().optional();

const functionProperties = z.strictObject({
  FunctionName: z.string().max(64).optional(),
  Description: z.string().default(''),
  Code: z.strictObject({ S3Bucket: z.string().optional(), S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.string().regex(/^nodejs\d+\.x$/, 'only Node.js functions run here'),
  Architectures: z.array(z.enum(['arm64', 'x86_64'])).default(['x86_64']),
  MemorySize: z.int().min(128).max(10_240).default(128),
  Timeout: z.int().min(1).max(900).default(3),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  Role: z.string(),
  ReservedConcurrentExecutions: z.int().min(0).optional(),
  PackageType: z.literal('Zip').optional(),
  TracingConfig: ignored,
  LoggingConfig: ignored,
  DeadLetterConfig: ignored,
  EphemeralStorage: ignored,
  KmsKeyArn: ignored,
  VpcConfig: ignored,
  RuntimeManagementConfig: ignored,
  RecursiveLoop: ignored,
  Tags: ignored,
});

/**
 * Read an `AWS::Lambda::Function`.
 *
 * @param codeOf directory of the code with this object key
 * @throws Error when the code is not in the assembly; AwsError `InvalidParameterValueException` for
 *   environment variables that Lambda would refuse
 */
export function readFunction(
  resource: DeployedResource,
  codeOf: (key: string) => string | undefined,
  now: number,
): DeployedFunction {
  const read = readProperties(resource, functionProperties);
  const { region, account, stack, logicalId } = resource;
  const name = read.FunctionName ?? `${stack}-${logicalId}`.slice(0, 64);
  const directory = codeOf(read.Code.S3Key);
  if (directory === undefined) {
    throw new Error(`stack ${stack}: ${logicalId}: the assembly has no code ${read.Code.S3Key}`);
  }
  const variables = read.Environment?.Variables ?? {};
  requireSound(name, variables);
  return {
    sandbox: {
      arn: `arn:aws:lambda:${region}:${account}:function:${name}`,
      name,
      region,
      directory: path.resolve(directory),
      handler: read.Handler,
      memorySize: read.MemorySize,
      timeout: read.Timeout,
      environment: variables,
      roleArn: read.Role,
    },
    logicalId,
    description: read.Description,
    runtime: read.Runtime,
    architecture: read.Architectures[0] ?? 'x86_64',
    codeKey: read.Code.S3Key,
    deployedAt: now,
    reservedConcurrency: read.ReservedConcurrentExecutions,
    permissions: [],
    eventInvoke: { retries: 2, maximumAge: 21_600 },
    running: 0,
  };
}

function requireSound(name: string, variables: Readonly<Record<string, string>>): void {
  const taken = Object.keys(variables).filter((key) => reserved.test(key));
  if (taken.length > 0) {
    throw new AwsError(
      'InvalidParameterValueException',
      `${name}: Lambda was unable to configure your environment variables because the environment variables you have ` +
        'provided contains reserved keys that are currently not supported for modification. ' +
        `Reserved keys used in this request: ${taken.join(', ')}`,
    );
  }
  const size = Buffer.byteLength(JSON.stringify(variables));
  if (Object.keys(variables).length > 0 && size > MAX_ENVIRONMENT) {
    throw new AwsError(
      'InvalidParameterValueException',
      `${name}: Lambda was unable to configure your environment variables because the environment variables you have ` +
        `provided exceeded the 4KB limit: they take ${size} bytes`,
    );
  }
}

export const permissionProperties = z.strictObject({
  FunctionName: z.string(),
  Action: z.enum(['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl', 'lambda:*']),
  Principal: z.string(),
  FunctionUrlAuthType: z.enum(['NONE', 'AWS_IAM']).optional(),
  InvokedViaFunctionUrl: z.boolean().optional(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

export const eventInvokeProperties = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST'),
  MaximumRetryAttempts: z.int().min(0).max(2).default(2),
  MaximumEventAgeInSeconds: z.int().min(60).max(21_600).default(21_600),
  DestinationConfig: z.unknown().optional(),
});

/** Whether the function's own policy lets a service invoke it. */
export function permits(
  { permissions }: DeployedFunction,
  by: { readonly principal: string; readonly sourceArn: string },
  account: string,
): boolean {
  return permissions.some(
    ({ action, principal, sourceArn, sourceAccount }) =>
      action !== 'lambda:InvokeFunctionUrl' &&
      principal === by.principal &&
      (sourceArn === undefined || matchesArn(sourceArn, by.sourceArn)) &&
      (sourceAccount === undefined || sourceAccount === account),
  );
}

function matchesArn(pattern: string, arn: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(arn);
}
