import type { Content } from '../contract.ts';
import { cutToBytes } from './cut.ts';

/** Bytes: a text message above 1,600 characters is not delivered at all (SNS); five parts of one are enough to wake somebody. */
const limit = 700;
/** Bytes that links must leave for the subject; of a longer one this much is seen. */
const leastWords = 100;
/** No `…`: that character is not in the alphabet of text messages, and would make every part of it half as long. */
const ending = '...';
const moreLinks = '\nOther links are in the mail.';

/**
 * A notice for a telephone's screen: what it is, two sentences, and where a tap leads.
 *
 * A link that was cut leads nowhere: the words give way to it, and what leaves no room for the subject is in the mail. Of
 * several links never only one is shown, so that no answer to a question is nearer than the other.
 */
export function smsText({ subject, short, links }: Content): string {
  const words = [subject, short].filter((part) => part !== '').join('\n');
  const least = Math.min(leastWords, Buffer.byteLength(words));
  const lines = links.map(({ label, url }) => `\n${label}: ${url}`);
  for (let shown = lines.length; ; shown--) {
    if (shown === 1 && lines.length > 1) continue;
    const tail = lines.slice(0, shown).join('') + (shown < lines.length ? moreLinks : '');
    const room = limit - Buffer.byteLength(tail);
    if (room >= least || shown === 0) return `${cutToBytes(words, room, ending)}${tail}`;
  }
}
