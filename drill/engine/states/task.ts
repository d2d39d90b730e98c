import type { Cancel } from '../../clock.ts';
import { attempts } from '../attempts.ts';
import { StateFailure, tooLarge } from '../failure.ts';
import { whole } from '../history.ts';
import { bytesOf, payloadLimit, type Json } from '../json.ts';
import type { TaskState } from '../language.ts';
import type { Callback } from '../task-tokens.ts';
import { uuid } from '../functions.ts';
import type { Exit, Visit } from '../visit.ts';
import { secondsOf } from './wait.ts';

const callbackSuffix = '.waitForTaskToken';

/** Has a service do its work, and waits for the result, for the job (.sync:2) or for a callback. */
export function task(visit: Visit<TaskState>): Promise<Exit> {
  return attempts(visit, async () => {
    const result = await attempt(visit);
    return visit.leave(visit.state, result, { result });
  });
}

async function attempt(visit: Visit<TaskState>): Promise<Json> {
  const { run, state, name } = visit;
  const limits = {
    ...(state.TimeoutSeconds !== undefined && {
      timeoutInSeconds: await secondsOf(visit, 'TimeoutSeconds', state.TimeoutSeconds, 1),
    }),
    ...(state.HeartbeatSeconds !== undefined && {
      heartbeatInSeconds: await secondsOf(visit, 'HeartbeatSeconds', state.HeartbeatSeconds, 1),
    }),
  };
  const [resourceType = '', resource = ''] = state.Resource.split(':::')[1]?.split(/:(.*)/) ?? [];
  const of = { resource, resourceType };
  const callback = state.Resource.endsWith(callbackSuffix) ? run.tokens.issue(tokenOf(visit)) : undefined;
  try {
    const extras = callback ? { token: callback.token } : {};
    const parameters = await visit.evaluate(state.Arguments, 'Arguments', extras);
    if (bytesOf(parameters) > payloadLimit) throw tooLarge(`${name}/Arguments`);
    visit.record('TaskScheduled', {
      taskScheduledEventDetails: {
        ...of,
        ...limits,
        parameters: JSON.stringify(parameters),
        region: run.identity.region,
      },
    });
    visit.record('TaskStarted', { taskStartedEventDetails: of });
    const submitted = (answer: Json) =>
      void visit.record('TaskSubmitted', {
        taskSubmittedEventDetails: { ...of, output: JSON.stringify(answer), outputDetails: whole },
      });
    const result = await perform(visit, parameters, limits, submitted, callback).catch((error: unknown) => {
      throw recordFailure(visit, error, of);
    });
    if (bytesOf(result) > payloadLimit) throw recordFailure(visit, tooLarge(resourceType), of);
    visit.record('TaskSucceeded', {
      taskSucceededEventDetails: { ...of, output: JSON.stringify(result), outputDetails: whole },
    });
    return result;
  } finally {
    callback?.close();
  }
}

function tokenOf({ run, name }: Visit): string {
  return Buffer.from(`${run.identity.executionArn}/${name}/${uuid(run.random)}`).toString('base64');
}

/** The integration's work, given up at the timeout or when heartbeats stop; both are counted by the clock. */
async function perform(
  { run, scope, state, name }: Visit<TaskState>,
  parameters: Json,
  limits: { readonly timeoutInSeconds?: number; readonly heartbeatInSeconds?: number },
  submitted: (answer: Json) => void,
  callback: Callback | undefined,
): Promise<Json> {
  const resource = callback ? state.Resource.slice(0, -callbackSuffix.length) : state.Resource;
  const integration = run.integrations[resource];
  if (!integration) throw new StateFailure('States.Runtime', `There is no integration ${resource}.`);
  const { clock } = run;
  const givenUp = new AbortController();
  const stopWaiting = () => givenUp.abort();
  scope.signal.addEventListener('abort', stopWaiting, { once: true });
  let stopTimer: Cancel = () => undefined;
  let stopHeart: Cancel = () => undefined;
  const late = new Promise<never>((_, reject) => {
    const { timeoutInSeconds, heartbeatInSeconds } = limits;
    const after = (seconds: number, alias?: string) =>
      clock.at(clock.now() + seconds * 1_000, () => reject(new StateFailure('States.Timeout', '', alias)));
    if (timeoutInSeconds !== undefined) stopTimer = after(timeoutInSeconds);
    if (heartbeatInSeconds !== undefined && callback) {
      callback.onBeat = () => {
        stopHeart();
        stopHeart = after(heartbeatInSeconds, 'States.HeartbeatTimeout');
      };
    }
  });
  late.catch(() => undefined);
  const call = { state: name, arguments: parameters, signal: givenUp.signal, submitted };
  const work = async () => {
    if (!callback) return integration(call);
    const handedOver = integration(call).then((answer) => {
      submitted(answer);
      callback.onBeat(); // the heartbeat counts from here, not while the function still runs
      return callback.answer;
    });
    return Promise.race([handedOver, callback.answer]);
  };
  try {
    const working = Promise.race([work(), late]);
    // Given up before it began to wait, nobody hears how it ends.
    working.catch(() => undefined);
    return await scope.until(working);
  } finally {
    scope.signal.removeEventListener('abort', stopWaiting);
    stopTimer();
    stopHeart();
    givenUp.abort();
  }
}

function recordFailure(
  visit: Visit<TaskState>,
  error: unknown,
  of: { readonly resource: string; readonly resourceType: string },
): unknown {
  if (!(error instanceof StateFailure)) return error;
  const details = {
    ...of,
    ...(error.error && { error: error.error }),
    ...(error.why && { cause: error.why }),
  };
  if (error.error === 'States.Timeout') visit.record('TaskTimedOut', { taskTimedOutEventDetails: details });
  else visit.record('TaskFailed', { taskFailedEventDetails: details });
  return error;
}
