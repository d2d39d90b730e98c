import { sendByEmail } from '../communication/channels/email.ts';
import { sendToPage } from '../communication/channels/page.ts';
import { sendToPagerDuty } from '../communication/channels/pagerduty.ts';
import { sendToSlack } from '../communication/channels/slack.ts';
import { sendBySms } from '../communication/channels/sms.ts';
import { sendToStatuspage } from '../communication/channels/statuspage.ts';
import { sendToTicket } from '../communication/channels/ticket.ts';
import type { Send } from '../communication/contract.ts';
import type { ChannelName } from '../incident/contract.ts';
import type { Settings } from './contract.ts';

/** The channels that this environment has. */
export function sendersOf(settings: Settings): Readonly<Partial<Record<ChannelName, Send>>> {
  const { channels, application, publicName } = settings;
  const { email, sms, slack, pagerduty, ticket, statuspage, page } = channels;
  return {
    email: sendByEmail(email),
    sms: sendBySms(sms),
    ...(slack ? { slack: sendToSlack(slack, { application }) } : {}),
    ...(pagerduty ? { pagerduty: sendToPagerDuty(pagerduty, { application, publicName }) } : {}),
    ...(ticket ? { ticket: sendToTicket(ticket) } : {}),
    ...(statuspage ? { statuspage: sendToStatuspage(statuspage) } : {}),
    ...(page ? { page: sendToPage(page, { application, publicName }) } : {}),
  };
}
