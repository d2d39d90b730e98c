import * as z from 'zod';
import type { Json } from './json.ts';

/**
 * The part of the Amazon States Language that the engine runs: JSONata machines of Standard workflows.
 *
 * Every object is strict, so that a field the engine would ignore is refused when the machine is loaded.
 * docs/asl-subset.md is the same list for people.
 */

const json = z.json() as z.ZodType<Json>;
const isExpression = /^\{%[\s\S]*%\}$/;
const expression = z.string().regex(isExpression, 'must be a JSONata expression between {% and %}');
const whole = (min: number, max: number) =>
  z.union([z.int().min(min).max(max), expression], {
    error: `must be a whole number from ${min} to ${max}, or a JSONata expression`,
  });
const seconds = whole(1, 99_999_999);
const stateName = z.string().min(1).max(80);
const variables = z.record(z.string(), json);
const templateObject = z.union([z.record(z.string(), json), expression], {
  error: 'must be an object or a JSONata expression',
});

/** The expression in a string of a template, without its marks; undefined for any other string. */
export function expressionIn(text: string): string | undefined {
  return isExpression.test(text) ? text.slice(2, -2).trim() : undefined;
}

const common = {
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata', { error: 'the engine runs JSONata only' }).optional(),
};
const transition = { Next: stateName.optional(), End: z.literal(true).optional() };
const leavesOnce = (state: { Next?: string | undefined; End?: true | undefined }) =>
  (state.Next === undefined) !== (state.End === undefined);
const oneWayOut = { message: 'needs either Next or End' };

const retrier = z.strictObject({
  ErrorEquals: z.array(z.string().min(1)).min(1),
  IntervalSeconds: z.int().min(1).max(99_999_999).default(1),
  MaxAttempts: z.int().min(0).max(99_999_999).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
  Comment: z.string().optional(),
});
const catcher = z.strictObject({
  ErrorEquals: z.array(z.string().min(1)).min(1),
  Next: stateName,
  Assign: variables.optional(),
  Output: templateObject.optional(),
  Comment: z.string().optional(),
});
const handling = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };
const results = { Assign: variables.optional(), Output: templateObject.optional() };

const passState = z
  .strictObject({ Type: z.literal('Pass'), ...common, ...results, ...transition })
  .refine(leavesOnce, oneWayOut);
const taskState = z
  .strictObject({
    Type: z.literal('Task'),
    ...common,
    Resource: z.string().regex(/^arn:aws:states:::[a-z0-9-]+:[A-Za-z]+(\.sync:2|\.waitForTaskToken)?$/, {
      error:
        'must be an integration, arn:aws:states:::service:action with nothing, .sync:2 or .waitForTaskToken after it',
    }),
    Arguments: templateObject,
    TimeoutSeconds: seconds.optional(),
    HeartbeatSeconds: seconds.optional(),
    ...handling,
    ...results,
    ...transition,
  })
  .refine(leavesOnce, oneWayOut);
const choiceState = z.strictObject({
  Type: z.literal('Choice'),
  ...common,
  Choices: z
    .array(
      z.strictObject({
        Condition: expression,
        Next: stateName,
        ...results,
        Comment: z.string().optional(),
      }),
    )
    .min(1),
  Default: stateName.optional(),
  ...results,
});
const waitState = z
  .strictObject({
    Type: z.literal('Wait'),
    ...common,
    Seconds: whole(0, 99_999_999).optional(),
    Timestamp: z.string().optional(),
    ...results,
    ...transition,
  })
  .refine(leavesOnce, oneWayOut)
  .refine((state) => (state.Seconds === undefined) !== (state.Timestamp === undefined), {
    message: 'needs either Seconds or Timestamp',
  });
const succeedState = z.strictObject({
  Type: z.literal('Succeed'),
  ...common,
  Output: templateObject.optional(),
});
const failState = z.strictObject({
  Type: z.literal('Fail'),
  ...common,
  Error: z.string().optional(),
  Cause: z.string().optional(),
});

/** States of a machine, a branch or an item processor, by name. */
export interface Workflow {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}
const workflow = {
  StartAt: stateName,
  Comment: z.string().optional(),
  States: z.lazy((): z.ZodType<Workflow['States']> => z.record(stateName, state)),
};

const parallelFields = z.strictObject({
  Type: z.literal('Parallel'),
  ...common,
  Arguments: templateObject.optional(),
  ...handling,
  ...results,
  ...transition,
});
const parallelState = parallelFields
  .extend({ Branches: z.array(z.strictObject(workflow)).min(1) })
  .refine(leavesOnce, oneWayOut);
const mapFields = z.strictObject({
  Type: z.literal('Map'),
  ...common,
  Items: z
    .union([z.array(json), expression], { error: 'must be an array or a JSONata expression' })
    .optional(),
  ItemSelector: templateObject.optional(),
  MaxConcurrency: whole(0, 99_999_999).default(0),
  ...handling,
  ...results,
  ...transition,
});
const inline = z.strictObject({ Mode: z.literal('INLINE', { error: 'the engine runs inline maps only' }) });
const mapState = mapFields
  .extend({ ItemProcessor: z.strictObject({ ...workflow, ProcessorConfig: inline.optional() }) })
  .refine(leavesOnce, oneWayOut);

export type Retrier = z.output<typeof retrier>;
export type Catcher = z.output<typeof catcher>;
export type PassState = z.output<typeof passState>;
export type TaskState = z.output<typeof taskState>;
export type ChoiceState = z.output<typeof choiceState>;
export type WaitState = z.output<typeof waitState>;
export type SucceedState = z.output<typeof succeedState>;
export type FailState = z.output<typeof failState>;
export type ParallelState = z.output<typeof parallelFields> & { readonly Branches: readonly Workflow[] };
export type MapState = z.output<typeof mapFields> & { readonly ItemProcessor: Workflow };
export type State =
  PassState | TaskState | ChoiceState | WaitState | SucceedState | FailState | ParallelState | MapState;

const state: z.ZodType<State> = z.discriminatedUnion('Type', [
  passState,
  taskState,
  choiceState,
  waitState,
  succeedState,
  failState,
  parallelState,
  mapState,
]);

const machineFields = z.strictObject({
  QueryLanguage: z.literal('JSONata', {
    error: 'must be "JSONata": the engine does not run JSONPath, the default of the language',
  }),
  Version: z.literal('1.0').optional(),
  TimeoutSeconds: z.int().min(1).max(99_999_999).optional(),
});
export type Definition = z.output<typeof machineFields> & Workflow;
export const machineSchema: z.ZodType<Definition> = machineFields.extend(workflow);
