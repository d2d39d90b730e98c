import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type DecodedPacket,
} from 'dns-packet';
import type { DnsRecord } from '../../cloud/route53/contract.ts';
import { encodable } from './record-data.ts';

const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** What a server says to a question. */
export interface Reply {
  readonly code: keyof typeof rcodes;
  readonly authoritative: boolean;
  /** Whether this server asks others for its clients. */
  readonly recursive: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

export type Responder = (question: { readonly name: string; readonly type: string }) => Reply;

/** UDP payload without EDNS (RFC 1035), and the most of what a client with EDNS is given (RFC 9715). */
const PLAIN_LIMIT = 512;
const EDNS_LIMIT = 1_232;
/** Dummy of an extended rcode, whose upper bits are in the OPT record (RFC 6891). */
const HIGH_BITS = 4;

const failure = (code: Reply['code']): Reply => ({
  code,
  authoritative: false,
  recursive: false,
  answers: [],
  authorities: [],
});

/**
 * The answer to a DNS message; undefined for what deserves none: replies, and bytes that are no message.
 *
 * An answer too long for UDP is cut to its question with the TC bit, so the client asks again over TCP.
 */
export function respond(message: Buffer, transport: 'udp' | 'tcp', responder: Responder): Buffer | undefined {
  if (message.length < 12 || (message.readUInt8(2) & 0x80) !== 0) return undefined;
  const query = read(message);
  if (!query) return headerOnly(message, rcodes.FORMERR);
  const edns = query.additionals?.find((record) => record.type === 'OPT');
  const reply = replyTo(query, message, edns?.ednsVersion, responder);
  const buffer = write(query, reply, edns !== undefined, false);
  if (transport === 'tcp') return buffer;
  const limit = edns ? Math.min(Math.max(edns.udpPayloadSize, PLAIN_LIMIT), EDNS_LIMIT) : PLAIN_LIMIT;
  return buffer.length <= limit ? buffer : write(query, reply, edns !== undefined, true);
}

function replyTo(
  query: DecodedPacket,
  message: Buffer,
  ednsVersion: number | undefined,
  responder: Responder,
): Reply {
  const opcode = (message.readUInt8(2) >> 3) & 0xf;
  const [question, ...more] = query.questions ?? [];
  if (ednsVersion !== undefined && ednsVersion > 0) return failure('BADVERS');
  if (opcode !== 0) return failure('NOTIMP');
  if (!question || more.length > 0) return failure('FORMERR');
  if (question.class !== undefined && question.class !== 'IN') return failure('REFUSED');
  if (question.type === 'AXFR' || question.type === 'IXFR') return failure('REFUSED');
  return responder({ name: question.name, type: question.type });
}

function read(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

function write(query: DecodedPacket, reply: Reply, edns: boolean, truncated: boolean): Buffer {
  const code = rcodes[reply.code];
  const opt: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: EDNS_LIMIT,
    extendedRcode: code >> HIGH_BITS,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return encode({
    type: 'response',
    id: query.id ?? 0,
    flags:
      (reply.authoritative ? AUTHORITATIVE_ANSWER : 0) |
      (reply.recursive ? RECURSION_AVAILABLE : 0) |
      (query.flag_rd ? RECURSION_DESIRED : 0) |
      (truncated ? TRUNCATED_RESPONSE : 0) |
      (code & 0xf),
    questions: query.questions ?? [],
    answers: truncated ? [] : reply.answers.map(encodable),
    authorities: truncated ? [] : reply.authorities.map(encodable),
    additionals: edns ? [opt] : [],
  });
}

/** The header of a message that cannot be read, turned into a reply. */
function headerOnly(message: Buffer, code: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt8(0x80 | (message.readUInt8(2) & 0x79), 2);
  header.writeUInt8(code, 3);
  return header;
}
