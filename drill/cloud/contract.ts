import type { Clock } from '../clock.ts';

/** Who makes a call: a role of the template, a service acting for AWS, or the person at the keyboard. */
export type Principal =
  | { readonly kind: 'role'; readonly arn: string; readonly name: string }
  | { readonly kind: 'operator'; readonly arn: string; readonly name: string };

/** One thing that a call needs permission for, in IAM's words. */
export interface Permission {
  /** `service:Operation`, as IAM spells it. */
  readonly action: string;
  /** ARN, or `*` where the action knows no resources. */
  readonly resource: string;
  /** Condition keys of the request, such as `route53:ChangeResourceRecordSetsActions`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export interface CallContext {
  readonly region: string;
  readonly account: string;
  readonly principal: Principal;
}

/** An operation of a service: what it needs permission for, and what it does. Shapes are the SDK's own. */
export interface Operation<Input = never, Output = unknown> {
  permissions(input: Input, call: CallContext): readonly Permission[];
  run(input: Input, call: CallContext): Output | Promise<Output>;
}

/** An operation with its types kept: `operation<GetChangeRequest, GetChangeResponse>({ ... })`. */
export function operation<Input, Output>(definition: Operation<Input, Output>): Operation {
  return definition;
}

/** An error of an AWS service, by the name AWS gives it on the wire. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of a modelled error, by the model's names. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** One resource of a template, its properties resolved: no intrinsic function is left in them. */
export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly stack: string;
  readonly region: string;
  readonly account: string;
}

/** What `Ref` and `Fn::GetAtt` of a resource answer. */
export interface Identity {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Creates a resource of one CloudFormation type; throws on a property it does not understand. */
export type CreateResource = (resource: DeployedResource) => Identity;

/** A service of the local cloud: behaviour and state; its wire format is the SDK's. */
export interface CloudService {
  /** The endpoint's own name for it, as in a request's credential scope: `s3`, `route53`, `states`, ... */
  readonly signingName: string;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly resources?: Readonly<Record<string, CreateResource>>;
}

/** An event as EventBridge delivers it. */
export interface AwsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** What the services of the local cloud ask of each other, past the wire. */
export interface EventBus {
  put(event: Omit<AwsEvent, 'version' | 'id' | 'account' | 'time'> & { readonly time?: string }): void;
}

export interface MetricSink {
  /** A sample of a metric; `at` defaults to now, milliseconds since the epoch. */
  put(sample: {
    readonly region: string;
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly value: number;
    readonly at?: number;
  }): void;
}

export type Statistic = 'Minimum' | 'Maximum' | 'Average' | 'Sum' | 'SampleCount';

export interface MetricSource {
  /** Statistic over [from, to), milliseconds since the epoch; undefined when there is no sample. */
  statistic(query: {
    readonly region: string;
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly statistic: Statistic;
    readonly from: number;
    readonly to: number;
  }): number | undefined;
}

/** The metric an alarm watches, for Route 53's health checks of type CLOUDWATCH_METRIC. */
export interface AlarmSource {
  alarm(
    region: string,
    name: string,
  ):
    | {
        readonly namespace: string;
        readonly metricName: string;
        readonly dimensions: Readonly<Record<string, string>>;
        readonly statistic: Statistic;
        readonly period: number;
        readonly evaluationPeriods: number;
        readonly threshold: number;
        readonly comparisonOperator: string;
      }
    | undefined;
}

export type Invocation =
  | { readonly ok: true; readonly payload: unknown }
  /** The function threw: `payload` is what Lambda answers, `{ errorType, errorMessage, trace }`. */
  | {
      readonly ok: false;
      readonly errorType: string;
      readonly errorMessage: string;
      readonly payload: unknown;
    };

export interface FunctionInvoker {
  /** @throws AwsError `ResourceNotFoundException` when there is no such function. */
  invoke(functionArn: string, payload: unknown): Promise<Invocation>;
}

export interface ExecutionStarter {
  /** @throws AwsError as StartExecution does. */
  start(request: { readonly stateMachineArn: string; readonly input: string; readonly name?: string }): {
    readonly executionArn: string;
  };
}

/** Checks a call that a service makes with a role (rule targets, schedules, state machines). */
export interface Authorizer {
  /** @throws AwsError `AccessDeniedException` (403), after noting the denial for the report. */
  authorize(principal: Principal, permission: Permission): void;
  /** The principal of a role of the template. */
  role(arn: string): Principal;
}

/** What every service is made of. */
export interface Foundation {
  readonly clock: Clock;
  readonly account: string;
  /** Distinct, reproducible ids: `id('C')` is `C` and thirteen more capitals and digits. */
  readonly id: (prefix?: string) => string;
  readonly authorizer: Authorizer;
  /** Something a person watching would want to know; shown in the terminal and in the report. */
  readonly tell: (actor: string, event: string, detail?: string) => void;
}
