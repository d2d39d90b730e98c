import type { Content } from '../contract.ts';
import { cutToBytes } from './cut.ts';

/** A text message above 1,600 characters is not delivered at all (SNS); five parts of one are enough to wake somebody. */
const limit = 700;

/** A notice for a telephone's screen: what it is, two sentences, and where a tap leads. Pure. */
export function smsText({ subject, short, links }: Content): string {
  const [first] = links;
  const tail = first ? `\n${first.label}: ${first.url}` : '';
  // A link that was cut leads nowhere: the words give way.
  const room = limit - Buffer.byteLength(tail);
  const words = [subject, short].filter((part) => part !== '').join('\n');
  return room < 200 ? cutToBytes(words, limit) : `${cutToBytes(words, room)}${tail}`;
}
