import { afterEach, beforeEach, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { startMail, type Mail } from '../../../../drill/world/inboxes/mail.ts';

const clock = new WorldClock({ start: Date.parse('2026-11-23T04:00:00.000Z'), speed: Infinity });
let mail: Mail;
const letter = { from: 'Lifeboat <lifeboat@company.com>', to: 'oncall@company.com', subject: 'A', text: 'B' };

beforeEach(async () => {
  mail = await startMail(clock);
});
afterEach(() => mail.stop());

it('takes what is posted by SMTP, in order, as a mail program reads it', async () => {
  mail.post({
    ...letter,
    subject: 'first',
    text: 'Grüße\n.\nend',
    headers: { References: '<dev-1@company.com>' },
  });
  mail.post({ ...letter, to: 'cto@company.com', subject: 'zweite – Mail', html: '<b>B &amp; C</b>' });
  await mail.settled();
  expect(mail.mails()).toMatchObject([
    {
      from: '"Lifeboat" <lifeboat@company.com>',
      to: 'oncall@company.com',
      subject: 'first',
      text: 'Grüße\n.\nend\n',
      references: ['<dev-1@company.com>'],
    },
    { to: 'cto@company.com', subject: 'zweite – Mail', html: '<b>B &amp; C</b>' },
  ]);
  expect(mail.mails()[0]?.at).toBeGreaterThanOrEqual(Date.parse('2026-11-23T04:00:00.000Z'));
});

it('lets nobody add recipients or headers by a line break', async () => {
  mail.post({ ...letter, subject: 'x\r\nBcc: other@company.com' });
  await mail.settled();
  expect(mail.mails()).toHaveLength(1);
  expect(mail.mails()[0]?.to).toBe('oncall@company.com');
});
