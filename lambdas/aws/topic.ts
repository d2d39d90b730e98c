import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { region } from '../runtime/settings.ts';
import { clientOptions } from './client.ts';

interface TopicMessage {
  readonly subject: string;
  readonly text: string;
  /** For telephones; default the subject and the beginning of the text. */
  readonly sms?: string;
  /** For the filter policies of subscribers. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * SNS's limits of Publish (aws-facts §7). Escaping makes a text longer, twice at most for what a notice is made of,
 * and a text message above 1,600 characters is not delivered at all; five parts of one are enough to wake somebody.
 */
const limits = { subjectCharacters: 99, textBytes: 120 * 1024, smsBytes: 700 } as const;

let client: SNSClient | undefined;

/**
 * Publish to a topic of this region, within SNS's limits: what is too long is cut and says so. Subscribers by
 * telephone get the subject and the beginning of the text.
 *
 * @throws whatever SNS answers
 */
export async function publishToTopic(
  topicArn: string,
  { subject, text, sms = `${subject}\n${text}`, attributes }: TopicMessage,
): Promise<void> {
  client ??= new SNSClient(clientOptions(region()));
  await client.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subjectLine(subject),
      MessageStructure: 'json',
      Message: JSON.stringify({
        default: cutToBytes(text, limits.textBytes, 'bytes are more than a notice may have'),
        sms: cutToBytes(sms, limits.smsBytes, 'bytes; the rest is in the e-mail'),
      }),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes ?? {}).map(([name, value]) => [
          name,
          { DataType: 'String', StringValue: value },
        ]),
      ),
    }),
  );
}

/** One line of printable ASCII under 100 characters, which is what every subscriber's mail can show. */
export function subjectLine(subject: string): string {
  const line = subject
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();
  const subjectOrNot = line === '' ? 'Lifeboat' : line;
  return subjectOrNot.length > limits.subjectCharacters
    ? `${subjectOrNot.slice(0, limits.subjectCharacters - 3)}...`
    : subjectOrNot;
}

function cutToBytes(text: string, bytes: number, why: string): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A character that the cut goes through is dropped rather than shown broken.
  const head = Buffer.from(text)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${head}\n(cut: ${Buffer.byteLength(text)} ${why})`;
}
