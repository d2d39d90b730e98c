/**
 * One execution environment: loads the function once, then answers one invocation after the other.
 *
 * Plain JavaScript, because a cold start counts and stripping types takes longer than this file does.
 */
import { describeError, loadHandler } from './handler.mjs';
import { setIncidentTime } from './incident-clock.mjs';
import { useAddressBook } from './world-network.mjs';

const { performance } = globalThis;
const send = process.send.bind(process);
process.send = undefined;

let loading;
let current;

/** Ctrl-C reaches every process of the terminal; when to end is the parent's to say. */
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());

process.on('uncaughtException', (error) => end(describeError(error), 129));
process.on('unhandledRejection', (reason) => {
  const { errorMessage, trace, errorType } = describeError(reason);
  end(
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: `${errorType}: ${errorMessage}`, trace },
    128,
  );
});

process.on('message', (invocation) => {
  current = invocation.requestId;
  setIncidentTime(invocation.now);
  useAddressBook(invocation.addressBook);
  void answer(invocation);
});

async function answer({ requestId, payload, context, timeout }) {
  let handler;
  try {
    loading ??= loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
    handler = await loading;
  } catch (error) {
    end(describeError(error), 1);
    return;
  }
  send({ requestId, started: true });
  const deadline = performance.now() + timeout;
  let result;
  try {
    result = await handler(JSON.parse(payload), {
      ...context,
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    });
  } catch (error) {
    reply({ requestId, error: describeError(error) });
    return;
  }
  try {
    reply({ requestId, payload: JSON.stringify(result ?? null) ?? 'null' });
  } catch {
    const error = {
      errorType: 'Runtime.MarshalError',
      errorMessage: 'Unable to stringify response body',
      trace: [],
    };
    reply({ requestId, error });
  }
}

function reply(message) {
  if (message.requestId !== current) return;
  current = undefined;
  send(message);
}

/** The environment is spoilt: say why, then end. */
function end(error, status) {
  send({ requestId: current, error, spoilt: true }, () => process.exit(status));
}
