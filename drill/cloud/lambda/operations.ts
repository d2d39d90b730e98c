import type {
  FunctionConfiguration,
  GetFunctionConfigurationRequest,
  GetFunctionRequest,
  GetFunctionResponse,
  InvocationRequest,
  InvocationResponse,
  ListFunctionsRequest,
  ListFunctionsResponse,
  Runtime,
} from '@aws-sdk/client-lambda';
import { AwsError, operation, type CallContext, type Invocation, type Operation } from '../contract.ts';
import type { DeployedFunction } from './function.ts';
import { limits, requireSize } from './payload.ts';

interface Parts {
  readonly find: (nameOrArn: string, region?: string) => DeployedFunction;
  readonly run: (fn: DeployedFunction, payload: string) => Promise<Invocation>;
  readonly accept: (fn: DeployedFunction, payload: string) => void;
  readonly all: () => readonly DeployedFunction[];
}

const arnOf = ({ region, account }: CallContext, name = '') =>
  name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;

export function lambdaOperations({ find, run, accept, all }: Parts): Record<string, Operation> {
  return {
    Invoke: operation<InvocationRequest, InvocationResponse>({
      permissions: ({ FunctionName, Qualifier }, call) => [
        {
          action: 'lambda:InvokeFunction',
          resource: arnOf(call, FunctionName) + (Qualifier === undefined ? '' : `:${Qualifier}`),
        },
      ],
      run: async ({ FunctionName = '', InvocationType = 'RequestResponse', Payload }, { region }) => {
        const fn = find(FunctionName, region);
        const payload =
          Payload === undefined || Payload.length === 0 ? '{}' : Buffer.from(Payload).toString('utf8');
        requireSize(payload, InvocationType === 'Event' ? limits.asynchronous : limits.synchronous);
        requireJson(payload);
        if (InvocationType === 'DryRun') return { StatusCode: 204 };
        if (InvocationType === 'Event') {
          accept(fn, payload);
          return { StatusCode: 202 };
        }
        const invocation = await run(fn, payload);
        return {
          StatusCode: 200,
          ExecutedVersion: '$LATEST',
          ...(invocation.ok ? {} : { FunctionError: 'Unhandled' }),
          Payload: Buffer.from(JSON.stringify(invocation.payload)) as unknown as NonNullable<
            InvocationResponse['Payload']
          >,
        };
      },
    }),

    ListFunctions: operation<ListFunctionsRequest, ListFunctionsResponse>({
      permissions: () => [{ action: 'lambda:ListFunctions', resource: '*' }],
      run: (_, { region }) => ({
        Functions: all()
          .filter(({ sandbox }) => sandbox.region === region)
          .map(describe),
      }),
    }),

    GetFunction: operation<GetFunctionRequest, GetFunctionResponse>({
      permissions: ({ FunctionName }, call) => [
        { action: 'lambda:GetFunction', resource: arnOf(call, FunctionName) },
      ],
      run: ({ FunctionName = '' }, { region }) => {
        const fn = find(FunctionName, region);
        const { reservedConcurrency } = fn;
        return {
          Configuration: describe(fn),
          Code: { RepositoryType: 'S3', Location: `file://${fn.sandbox.directory}` },
          ...(reservedConcurrency !== undefined && {
            Concurrency: { ReservedConcurrentExecutions: reservedConcurrency },
          }),
        };
      },
    }),

    GetFunctionConfiguration: operation<GetFunctionConfigurationRequest, FunctionConfiguration>({
      permissions: ({ FunctionName }, call) => [
        { action: 'lambda:GetFunctionConfiguration', resource: arnOf(call, FunctionName) },
      ],
      run: ({ FunctionName = '' }, { region }) => describe(find(FunctionName, region)),
    }),
  };
}

function requireJson(payload: string): void {
  try {
    JSON.parse(payload);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`);
  }
}

function describe(fn: DeployedFunction): FunctionConfiguration {
  const { sandbox, description, runtime, architecture, deployedAt } = fn;
  return {
    FunctionName: sandbox.name,
    FunctionArn: sandbox.arn,
    Runtime: runtime as Runtime,
    Role: sandbox.roleArn,
    Handler: sandbox.handler,
    Description: description,
    Timeout: sandbox.timeout,
    MemorySize: sandbox.memorySize,
    LastModified: new Date(deployedAt).toISOString().replace('Z', '+0000'),
    CodeSha256: fn.codeKey.replace(/\.zip$/, ''),
    Version: '$LATEST',
    Environment: { Variables: { ...sandbox.environment } },
    Architectures: [architecture === 'arm64' ? 'arm64' : 'x86_64'],
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}
