import type { SendEmailRequest, SendEmailResponse } from '@aws-sdk/client-sesv2';
import type { Postman } from '../../world/inboxes/mail.ts';
import { AwsError, operation, type CloudService, type Foundation } from '../contract.ts';

export interface Mailing {
  readonly service: CloudService;
  /** Verify an identity, a domain or an address, in a region: nothing else may send there. */
  verify(region: string, identity: string): void;
  /** What SES answers from here on instead of sending; null: it sends again. `share` of the calls, default all. */
  fail(failure: 'TooManyRequestsException' | 'SendingPausedException' | null, share?: () => boolean): void;
}

/** A message may have so many recipients (API reference, Destination), and so many bytes (SES quotas: 40 MB). */
const limits = { recipients: 50, bytes: 40 * 1024 * 1024 } as const;

/** Amazon SES, version 2 of its API, out of its sandbox: simple messages from identities that are verified in the region. */
export function simpleEmail(
  { account, id }: Foundation,
  { postman }: { readonly postman: Postman },
): Mailing {
  const verified = new Map<string, Set<string>>();
  let failing: { readonly failure: string; readonly share: () => boolean } | null = null;

  /** The address itself when it is verified, else its domain. */
  function identityOf(region: string, from: string): string | undefined {
    const address = /<([^>]+)>$/.exec(from)?.[1] ?? from;
    const known = verified.get(region);
    return [address, address.split('@')[1] ?? ''].find((each) => known?.has(each));
  }

  const service: CloudService = {
    signingName: 'ses',
    operations: {
      SendEmail: operation<SendEmailRequest, SendEmailResponse>({
        permissions: ({ FromEmailAddress: from = '' }, { region }) => {
          const identity = identityOf(region, from) ?? from;
          return [
            {
              action: 'ses:SendEmail',
              resource: `arn:aws:ses:${region}:${account}:identity/${identity}`,
              context: { 'ses:FromAddress': from },
            },
          ];
        },
        run({ FromEmailAddress: from = '', Destination, Content }, { region }) {
          if (failing?.share())
            throw new AwsError(failing.failure, `SES answers ${failing.failure}`, statusOf(failing.failure));
          const bad = (message: string) => new AwsError('BadRequestException', message, 400);
          if (from === '') throw bad('Missing required FromEmailAddress');
          if (identityOf(region, from) === undefined) {
            throw new AwsError(
              'MessageRejected',
              `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${from}`,
              400,
            );
          }
          const to = Destination?.ToAddresses ?? [];
          if (to.length === 0 || to.length > limits.recipients) {
            throw bad(`Recipient count must be between 1 and ${limits.recipients}`);
          }
          const { Subject, Body, Headers = [] } = Content?.Simple ?? {};
          const [plain, html] = [Body?.Text?.Data, Body?.Html?.Data];
          if (!Subject?.Data || (plain === undefined && html === undefined))
            throw bad('Missing subject or body');
          if (Buffer.byteLength(`${plain ?? ''}${html ?? ''}`) > limits.bytes) throw bad('Message too long');
          for (const address of to) {
            postman.post({
              from,
              to: address,
              subject: Subject.Data,
              text: plain ?? '',
              ...(html === undefined ? {} : { html }),
              headers: Object.fromEntries(Headers.map(({ Name = '', Value = '' }) => [Name, Value])),
            });
          }
          return { MessageId: id('0100') };
        },
      }),
    },
    resources: {},
  };

  return {
    service,
    verify(region, identity) {
      verified.set(region, (verified.get(region) ?? new Set()).add(identity));
    },
    fail(failure, share = () => true) {
      failing = failure === null ? null : { failure, share };
    },
  };
}

function statusOf(failure: string): number {
  return failure === 'TooManyRequestsException' ? 429 : 400;
}
