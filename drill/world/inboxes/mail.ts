import { text } from 'node:stream/consumers';
import { simpleParser, type AddressObject } from 'mailparser';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import type { Clock } from '../../clock.ts';

/** A mail as its reader's program has it. */
export interface ReceivedMail {
  /** Incident time at which it arrived, milliseconds since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly messageId: string;
  /** Ids of the mails that a program shows it with. */
  readonly references: readonly string[];
}

export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the services of the cloud that send mail are given. */
export interface Postman {
  /** Hand it to the mail server of its reader; it arrives a little later, in order. */
  post(letter: Letter): void;
}

export interface Mail extends Postman {
  readonly port: number;
  /** All that has arrived, oldest first. */
  mails(): readonly ReceivedMail[];
  /** Until all that was posted has arrived. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** A mail server of the readers, on loopback: what is posted travels by SMTP, and is read as a mail program reads it. */
export async function startMail(clock: Clock): Promise<Mail> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const to = session.envelope.rcptTo.map(({ address }) => address).join(', ');
      text(stream)
        .then((source) => simpleParser(source, { skipTextToHtml: true, skipImageLinks: true }))
        .then((mail) => {
          received.push({
            at: clock.now(),
            from: addressOf(mail.from),
            to,
            subject: mail.subject ?? '',
            text: mail.text ?? '',
            ...(typeof mail.html === 'string' ? { html: mail.html } : {}),
            messageId: mail.messageId ?? '',
            references: [mail.references ?? []].flat(),
          });
          done();
        })
        .catch((error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const transport = createTransport({
    pool: true,
    maxConnections: 1,
    host: '127.0.0.1',
    port,
    secure: false,
  });
  let queue: Promise<unknown> = Promise.resolve();

  return {
    port,
    mails: () => received,
    post({ from, to, subject, text: plain, html, headers }) {
      const mail: SendMailOptions = {
        from,
        to,
        subject,
        text: plain,
        date: new Date(clock.now()),
        ...(html === undefined ? {} : { html }),
        ...(headers === undefined ? {} : { headers: { ...headers } }),
      };
      queue = queue.then(() => clock.busy(() => transport.sendMail(mail)));
    },
    async settled() {
      await queue;
    },
    async stop() {
      await queue;
      transport.close();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

function addressOf(from: AddressObject | undefined): string {
  return from?.text ?? '';
}
