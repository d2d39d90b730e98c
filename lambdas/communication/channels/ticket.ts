import type { NoticeKind } from '../../incident/contract.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { Send, TicketSettings } from '../contract.ts';
import { withToken } from './http.ts';
import { referenceOf } from './ticket-templates.ts';
import { ticketSystem } from './ticket-systems.ts';

/** Kinds that end an incident, and with it its ticket. */
const closing: ReadonlySet<NoticeKind> = new Set(['recovered', 'planned']);

/**
 * A ticket per incident, by the system's own API: the first word opens it, each one after it is a comment, and the last
 * one closes it.
 *
 * Every word carries a reference. When the record knows no ticket, one that an answer that was lost left behind is
 * looked for; and before a comment is written, whether it is there.
 */
export function sendToTicket(settings: TicketSettings): Send {
  return ({ incident, message, ref, now }, signal) =>
    withToken(settings.tokenSecret, async (token) => {
      const system = ticketSystem(settings, token, signal);
      const reference = referenceOf(incident, message);
      const found = ref === undefined ? await system.find(incident) : { ref, text: '' };
      const ticket = found?.ref ?? (await system.open(incident, message));
      const isThere =
        !found || found.text.includes(reference) || (await system.hasHeard(ticket, reference, now));
      if (!isThere) await system.comment(ticket, incident, message);
      if (!closing.has(message.kind)) return { ref: ticket };
      try {
        await system.close(ticket, message);
      } catch (error) {
        // The words are there; only the state of the ticket is not what it should be.
        if (!(error instanceof ChannelFailure) || error.again) throw error;
        return { ref: ticket, shortfall: `the ticket ${ticket} was not closed: ${error.message}` };
      }
      return { ref: ticket };
    });
}
