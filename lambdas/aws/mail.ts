import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { region } from '../runtime/settings.ts';
import { clientOptions } from './client.ts';

interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** A made-up id that all mails of one incident refer to, so that a reader's program shows them together. */
  readonly thread: string;
}

let client: SESv2Client | undefined;

/**
 * Send one formatted mail by SES of this region.
 *
 * @throws whatever SES answers
 */
export async function sendMail({ from, to, subject, text, html, thread }: Mail): Promise<void> {
  client ??= new SESv2Client(clientOptions(region()));
  const content = (data: string) => ({ Data: data, Charset: 'UTF-8' });
  await client.send(
    new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: {
          Subject: content(subject),
          Body: { Text: content(text), Html: content(html) },
          Headers: [{ Name: 'References', Value: `<${thread}>` }],
        },
      },
    }),
  );
}
