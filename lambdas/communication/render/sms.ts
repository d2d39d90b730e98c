import type { Content } from '../contract.ts';
import { cutToBytes } from './cut.ts';

/** Bytes: a text message above 1,600 characters is not delivered at all (SNS); five parts of one are enough to wake somebody. */
const limit = 700;
/** Bytes that links must leave for the words. */
const leastWords = 160;
/** No `…`: that character is not in the alphabet of text messages, and would make every part of it half as long. */
const ending = '...';
const moreLinks = '\nOther links are in the mail.';

/**
 * A notice for a telephone's screen: what it is, two sentences, and where a tap leads.
 *
 * A link that was cut leads nowhere: the words give way to it, and a link that leaves no room for them is in the mail.
 */
export function smsText({ subject, short, links }: Content): string {
  const words = [subject, short].filter((part) => part !== '').join('\n');
  const lines = links.map(({ label, url }) => `\n${label}: ${url}`);
  for (let shown = lines.length; ; shown--) {
    const tail = lines.slice(0, shown).join('') + (shown < lines.length ? moreLinks : '');
    const room = limit - Buffer.byteLength(tail);
    if (Buffer.byteLength(words) <= room || room >= leastWords || shown === 0) {
      return `${cutToBytes(words, room, ending)}${tail}`;
    }
  }
}
