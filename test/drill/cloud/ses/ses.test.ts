import { SendEmailCommand, SESv2Client, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { afterEach, describe, expect, it } from 'vitest';
import { simpleEmail, type Mailing } from '../../../../drill/cloud/ses/ses.ts';
import type { Letter } from '../../../../drill/world/inboxes/mail.ts';
import { localCloud } from '../local-cloud.ts';

const posted: Letter[] = [];
let mailing!: Mailing;
const cloud = await localCloud((foundation) => {
  mailing = simpleEmail(foundation, { postman: { post: (letter) => posted.push(letter) } });
  return [mailing.service];
});
const client = new SESv2Client(cloud.client());
mailing.verify('eu-central-1', 'company.com');

const text = (Data: string) => ({ Data });
const send = (changes: Partial<SendEmailCommandInput> = {}) =>
  client.send(
    new SendEmailCommand({
      FromEmailAddress: 'lifeboat@company.com',
      Destination: { ToAddresses: ['oncall@company.com'] },
      Content: {
        Simple: {
          Subject: text('A'),
          Body: { Text: text('plain'), Html: text('<p>rich</p>') },
          Headers: [{ Name: 'References', Value: '<dev-1@company.com>' }],
        },
      },
      ...changes,
    }),
  );

afterEach(() => {
  posted.length = 0;
  mailing.fail(null);
});

describe('a message', () => {
  it('goes to each recipient, in both shapes and with its headers', async () => {
    await send({ Destination: { ToAddresses: ['a@company.com', 'b@company.com'] } });
    expect(posted).toMatchObject([
      {
        from: 'lifeboat@company.com',
        to: 'a@company.com',
        subject: 'A',
        text: 'plain',
        html: '<p>rich</p>',
        headers: { References: '<dev-1@company.com>' },
      },
      { to: 'b@company.com' },
    ]);
  });

  it.each([
    ['an identity that nobody has verified', { FromEmailAddress: 'lifeboat@other.com' }, 'MessageRejected'],
    ['nobody to send to', { Destination: {} }, 'BadRequestException'],
    ['no content', { Content: {} }, 'BadRequestException'],
    [
      'more than 50 recipients',
      { Destination: { ToAddresses: Array<string>(51).fill('a@company.com') } },
      'BadRequestException',
    ],
  ])('with %s is refused', async (_, changes, name) => {
    await expect(send(changes)).rejects.toMatchObject({ name });
    expect(posted).toEqual([]);
  });

  it('is not sent while SES is throttled or paused', async () => {
    mailing.fail('SendingPausedException');
    await expect(send()).rejects.toMatchObject({ name: 'SendingPausedException' });
    let calls = 0;
    mailing.fail('TooManyRequestsException', () => ++calls === 1);
    await expect(send()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await send();
    expect(posted).toHaveLength(1);
  });
});
