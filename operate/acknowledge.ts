import type { Input, Output } from '../lambdas/acknowledge-incident/contract.ts';
import { invokeDeployed, type Access, type Deployed } from './invoke.ts';

/** Who goes on the record of which incident, and where. */
interface Acknowledgement extends Access {
  readonly environment: Deployed;
  /** Default: the one that is open, as the environment's lock says. */
  readonly incident?: string;
  /** As people know them; default the ARN of whoever the credentials belong to. */
  readonly by?: string;
}

/** Characters of an ARN's end that go on the record beside a name: role and session, or user. */
const longestIdentity = 140;

/**
 * Take the call of an incident. It may be called again when it is not known what became of it: the same person takes
 * it once.
 *
 * @throws Refused when somebody else has it, or there is nothing to take
 * @throws NotReached when nobody could be asked
 */
export function acknowledge(asked: Acknowledgement): Promise<Output> {
  return send(asked, {}, 'It is not known whether you have the call: run the same command again');
}

/**
 * Write a note on the record of an incident. It may be called again within ten minutes when it is not known what
 * became of it: the same words are one note.
 *
 * @throws Refused when there is no such incident, or it is over
 * @throws NotReached when nobody could be asked
 */
export function addNote({ text, ...asked }: Acknowledgement & { readonly text: string }): Promise<Output> {
  const unknown =
    'It is not known whether your note was kept: run the same command again within ten minutes, it writes it once';
  return send(asked, { note: text }, unknown);
}

async function send(
  { environment, incident = 'open', by, ...access }: Acknowledgement,
  what: Pick<Input, 'note'>,
  unknown: string,
): Promise<Output> {
  const answer = await invokeDeployed(
    environment,
    {
      task: 'acknowledge-incident',
      input: (arn): Input => ({ incident, by: nameWith(by, arn), ...what }),
      refusals: ['AcknowledgementRefused', 'InvalidInput'],
      unknown,
    },
    access,
  );
  return answer as Output;
}

/** Anybody can type any name, so whose credentials were used stands beside it. */
function nameWith(name: string | undefined, arn: string): string {
  return name === undefined ? arn : `${name} (${arn.replace(/^.*:/, '').slice(-longestIdentity)})`;
}
