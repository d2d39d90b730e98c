import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import { withBackoff, type Backoff } from './backoff.ts';
import { plainName } from './record-name.ts';

/**
 * Throttles and changes in progress, waited out for at most three and a half seconds in all; the state
 * machine's longer retries come after. Full jitter, so that writers of one zone do not stay in step.
 */
const patience: Backoff = { attempts: 4, baseMs: 500, capMs: 2_000, again: passesByItself };

/**
 * Every record set of the given names, all types and set identifiers.
 *
 * The API lists a zone in order from a name on, so each name is read until another one comes.
 *
 * @throws TryAgain when Route 53 throttles or does not answer
 * @throws UnsafePlan when there is no such zone
 */
export async function listRecordSets(
  route53: Route53Client,
  zoneId: string,
  names: readonly string[],
): Promise<readonly ResourceRecordSet[]> {
  const found: ResourceRecordSet[] = [];
  for (const name of new Set(names.map(plainName))) {
    let from: {
      StartRecordName: string;
      StartRecordType?: ResourceRecordSet['Type'];
      StartRecordIdentifier?: string;
    } | null = {
      StartRecordName: name,
    };
    while (from) {
      const command: ListResourceRecordSetsCommand = new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        ...from,
      });
      const page = await translated('ListResourceRecordSets', () => route53.send(command));
      found.push(...(page.ResourceRecordSets ?? []).filter((set) => plainName(set.Name) === name));
      from =
        page.IsTruncated === true && plainName(page.NextRecordName) === name
          ? {
              StartRecordName: page.NextRecordName ?? name,
              ...(page.NextRecordType && { StartRecordType: page.NextRecordType }),
              ...(page.NextRecordIdentifier !== undefined && {
                StartRecordIdentifier: page.NextRecordIdentifier,
              }),
            }
          : null;
    }
  }
  return found;
}

/**
 * Change the record sets in one atomic batch; all of them or none.
 *
 * UPSERT may be repeated without harm, so a lost answer is simply asked for again.
 *
 * @param comment the incident's id, as the zone's history shows it (256 characters at most)
 * @returns the id of the change, to wait for
 * @throws TryAgain when Route 53 is busy with another change of the zone, throttles or does not answer
 * @throws UnsafePlan when Route 53 refuses the batch, with its own words
 */
export async function upsert(
  route53: Route53Client,
  zoneId: string,
  recordSets: readonly ResourceRecordSet[],
  comment: string,
): Promise<string> {
  const command = new ChangeResourceRecordSetsCommand({
    HostedZoneId: zoneId,
    ChangeBatch: {
      Comment: comment.slice(0, 256),
      Changes: recordSets.map((ResourceRecordSet) => ({ Action: 'UPSERT', ResourceRecordSet })),
    },
  });
  const { ChangeInfo } = await translated('ChangeResourceRecordSets', () => route53.send(command));
  if (ChangeInfo?.Id === undefined)
    throw new TryAgain('ChangeResourceRecordSets answered without a change id');
  return ChangeInfo.Id.replace(/^\/change\//, '');
}

async function translated<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await withBackoff(call, patience);
  } catch (error) {
    const refused = refusalOf(error);
    if (refused !== null) throw new UnsafePlan(`${operation}: ${refused}`);
    if (passesByItself(error)) {
      throw new TryAgain(`${operation}: ${describeFailure(error)}`, { cause: error });
    }
    throw error;
  }
}

/**
 * Route 53's own words when it will never take this request, else null.
 *
 * `InvalidChangeBatch` comes in two forms (aws-facts §1.1): wrapped, with its text in the message, and bare,
 * which the SDK calls `Unknown` and whose texts are in `Messages`. Its `InvalidInput` shares a name with ours
 * and must not leave this function under it.
 */
function refusalOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const { messages, Messages } = error as { messages?: unknown; Messages?: unknown };
  const texts = [...textsOf(messages), ...textsOf(Messages)];
  switch (failureName(error)) {
    case 'InvalidChangeBatch':
      return `InvalidChangeBatch: ${texts.join('; ') || describeFailure(error)}`;
    case 'Unknown':
    case 'UnknownError':
      return texts.length > 0 ? `InvalidChangeBatch: ${texts.join('; ')}` : null;
    case 'NoSuchHostedZone':
    case 'NoSuchHealthCheck':
    case 'InvalidInput':
      return describeFailure(error);
    default:
      return null;
  }
}

/** `['a', 'b']`, or as the XML gives it: `{ Message: 'a' }`, `{ Message: ['a', 'b'] }`. */
function textsOf(messages: unknown): readonly string[] {
  if (typeof messages === 'string') return [messages];
  if (Array.isArray(messages)) return messages.flatMap(textsOf);
  if (typeof messages === 'object' && messages !== null && 'Message' in messages) {
    return textsOf(messages.Message);
  }
  return [];
}
