import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describeFailure } from '../aws/api-failure.ts';
import { atMost } from '../aws/at-most.ts';
import { clientOptions } from '../aws/client.ts';
import { describeDatabase } from '../aws/rds.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { Input as StopWriters, Output as Writers } from '../set-writers/contract.ts';
import type { Output, Settings } from './contract.ts';

type Extra = Output['extra'][number];
type Outcome = Pick<Extra, 'held' | 'evidence'>;

/** A lost region often neither answers nor refuses, and the users are waiting. Seconds, for all of them together. */
const patienceSeconds = 10;

const rdsCalls = atMost(10);

const clients = new Map<string, LambdaClient>();

/**
 * The fences that need the primary's region, all at once. None is relied upon, and none can fail the step: what
 * goes wrong is its evidence.
 */
export function otherFences(
  incident: IncidentRef,
  { setWriters, databases }: Pick<Settings, 'setWriters' | 'databases'>,
): Promise<Output['extra']> {
  const tries: readonly { readonly fence: string; readonly look: () => Promise<Outcome> }[] = [
    ...(setWriters
      ? [{ fence: "the primary's writers are stopped", look: () => stopWriters(incident, setWriters) }]
      : []),
    ...databases.map(({ name, kind, primary }) => ({
      fence: `the old primary of ${name} answers nobody`,
      look: () => lookAtPrimary(kind, primary),
    })),
  ];
  return Promise.all(tries.map(async ({ fence, look }) => ({ fence, ...(await briefly(look)) })));
}

async function briefly(look: () => Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<Outcome>((resolve) => {
    const given = { held: 'unknown', evidence: `no answer within ${patienceSeconds} s` } as const;
    timer = setTimeout(() => resolve(given), patienceSeconds * 1_000);
  });
  try {
    return await Promise.race([look(), patience]);
  } catch (error) {
    return { held: 'unknown', evidence: describeFailure(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function stopWriters(
  incident: IncidentRef,
  { region, functionName }: NonNullable<Settings['setWriters']>,
): Promise<Outcome> {
  const client =
    clients.get(region) ??
    new LambdaClient({
      ...clientOptions(region),
      maxAttempts: 1,
      requestHandler: {
        ...clientOptions(region).requestHandler,
        // It scales deployments and looks at their pods before it answers.
        requestTimeout: patienceSeconds * 1_000,
      },
    });
  clients.set(region, client);
  const payload: StopWriters = { incident, want: 'stopped' };
  const { FunctionError: failure, Payload: answer } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) }),
  );
  const text = answer ? Buffer.from(answer).toString('utf8') : '';
  if (failure !== undefined) return { held: 'unknown', evidence: `${failure}: ${text.slice(0, 500)}` };
  const { done, summary } = JSON.parse(text) as Writers;
  return { held: done ? true : 'unknown', evidence: done ? summary : `asked to stop: ${summary}` };
}

/** RDS does nothing to an old primary (aws-facts §4.3): one that is available may be written to. */
async function lookAtPrimary(
  kind: Settings['databases'][number]['kind'],
  place: Settings['databases'][number]['primary'],
): Promise<Outcome> {
  const found = await rdsCalls(() => describeDatabase(kind, place));
  if (!found) return { held: true, evidence: `there is no ${place.identifier} in ${place.region}` };
  const evidence = `RDS in ${place.region} says that ${place.identifier} is ${found.status}`;
  return { held: found.status === 'stopped' ? true : 'unknown', evidence };
}
