import type { Sandbox } from '../../runtime/contract.ts';
import { AwsError, type CloudService, type Foundation, type Invocation } from '../contract.ts';
import { readProperties } from '../template-properties.ts';
import { uuid } from '../uuid.ts';
import type { FunctionService } from './contract.ts';
import {
  eventInvokeProperties,
  permissionProperties,
  permits,
  readFunction,
  type DeployedFunction,
} from './function.ts';
import { functionUrls, type FunctionUrl } from './function-url.ts';
import { lambdaOperations } from './operations.ts';
import { limits, requireSize } from './payload.ts';

interface LambdaNeeds {
  readonly sandbox: Sandbox;
  /** Directory of the code with this object key (an asset of the assembly). */
  readonly codeOf: (key: string) => string | undefined;
}

/** A function as it was deployed, for those who list or drill it. */
interface FunctionView {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly roleArn: string;
  readonly logicalId: string;
  readonly directory: string;
  readonly timeout: number;
}

export interface Lambda {
  readonly service: CloudService;
  readonly invoker: FunctionService;
  functions(): readonly FunctionView[];
  urls(): readonly FunctionUrl[];
}

/** Seconds until a failed asynchronous invocation is tried again: one minute, then two. */
const retryAfter = [60, 120];
/** Seconds until a throttled one is; Lambda backs off from one second to five minutes. */
const throttledAfter = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300];

export function lambda(foundation: Foundation, { sandbox, codeOf }: LambdaNeeds): Lambda {
  const { clock, account, authorizer, tell } = foundation;
  const functions = new Map<string, DeployedFunction>();

  /** By ARN, or by name in a region; a version or alias is the function itself. */
  function find(nameOrArn: string, region = ''): DeployedFunction {
    const arn = nameOrArn.startsWith('arn:')
      ? nameOrArn.split(':').slice(0, 7).join(':')
      : `arn:aws:lambda:${region}:${account}:function:${nameOrArn.split(':')[0] ?? ''}`;
    const found = functions.get(arn);
    if (!found) throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    return found;
  }

  async function run(fn: DeployedFunction, payload: string): Promise<Invocation> {
    if (fn.reservedConcurrency !== undefined && fn.running >= fn.reservedConcurrency) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    }
    fn.running++;
    try {
      return await sandbox.invoke(fn.sandbox, payload, uuid(foundation));
    } finally {
      fn.running--;
    }
  }

  function accept(fn: DeployedFunction, payload: string): void {
    requireSize(payload, limits.asynchronous);
    const dropAt = clock.now() + fn.eventInvoke.maximumAge * 1_000;
    let failures = 0;
    let throttles = 0;

    const again = (seconds: number | undefined, why: string) => {
      const next = clock.now() + (seconds ?? Infinity) * 1_000;
      if (next > dropAt || seconds === undefined) {
        tell('Lambda', `dropped an event for ${fn.sandbox.name}`, why);
      } else {
        clock.at(next, attempt);
      }
    };
    const attempt = () => {
      run(fn, payload).then(
        (invocation) => {
          if (invocation.ok) return;
          const seconds = failures < fn.eventInvoke.retries ? retryAfter[failures] : undefined;
          failures++;
          again(seconds, `${invocation.errorType}: ${invocation.errorMessage}`);
        },
        (error: unknown) => {
          const throttled = error instanceof AwsError && error.code === 'TooManyRequestsException';
          again(
            throttled ? throttledAfter[Math.min(throttles++, throttledAfter.length - 1)] : undefined,
            error instanceof Error ? error.message : String(error),
          );
        },
      );
    };
    clock.at(clock.now(), attempt);
  }

  const invoker: FunctionService = {
    async invoke(functionArn, payload) {
      const fn = find(functionArn);
      const text = JSON.stringify(payload ?? {});
      requireSize(text, limits.synchronous);
      return run(fn, text);
    },
    enqueue(functionArn, payload, by) {
      const fn = find(functionArn);
      if ('role' in by) {
        authorizer.authorize(by.role, { action: 'lambda:InvokeFunction', resource: functionArn });
      } else if (!permits(fn, by, account)) {
        const message = `${by.principal} for ${by.sourceArn} may not invoke ${fn.sandbox.arn}: the function has no such permission`;
        tell('Lambda', 'denied an invocation', message);
        throw new AwsError('AccessDeniedException', message, 403);
      }
      accept(fn, JSON.stringify(payload ?? {}));
    },
  };

  const urls = functionUrls({ find, run, now: () => clock.now(), id: foundation.id });

  const service: CloudService = {
    signingName: 'lambda',
    operations: lambdaOperations({ find, run, accept, all: () => [...functions.values()] }),
    resources: {
      'AWS::Lambda::Url': urls.create,
      'AWS::Lambda::Function': (resource) => {
        const fn = readFunction(resource, codeOf, clock.now());
        if (functions.has(fn.sandbox.arn)) throw new Error(`there are two functions ${fn.sandbox.arn}`);
        functions.set(fn.sandbox.arn, fn);
        return { ref: fn.sandbox.name, attributes: { Arn: fn.sandbox.arn } };
      },
      'AWS::Lambda::Permission': (resource) => {
        const read = readProperties(resource, permissionProperties);
        find(read.FunctionName, resource.region).permissions.push({
          action: read.Action,
          principal: read.Principal,
          sourceArn: read.SourceArn,
          sourceAccount: read.SourceAccount,
        });
        return { ref: `${resource.stack}-${resource.logicalId}` };
      },
      'AWS::Lambda::EventInvokeConfig': (resource) => {
        const read = readProperties(resource, eventInvokeProperties);
        find(read.FunctionName, resource.region).eventInvoke = {
          retries: read.MaximumRetryAttempts,
          maximumAge: read.MaximumEventAgeInSeconds,
        };
        return { ref: `${resource.stack}-${resource.logicalId}` };
      },
    },
  };

  return {
    service,
    invoker,
    urls: urls.all,
    functions: () =>
      [...functions.values()].map(
        ({ sandbox: { name, arn, region, roleArn, directory, timeout }, logicalId }) => ({
          name,
          arn,
          region,
          roleArn,
          directory,
          timeout,
          logicalId,
        }),
      ),
  };
}
