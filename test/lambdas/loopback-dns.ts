import { createSocket } from 'node:dgram';
import { decode, encode, type Answer, type RecordType } from 'dns-packet';

export interface LoopbackDns {
  /** As a resolver takes it: `127.0.0.1:53001`. */
  readonly address: string;
  /** What it answers, by `A www.example.com`; no entry is NXDOMAIN, an empty one is no data. */
  readonly zone: Map<string, readonly string[]>;
  /** What it was asked, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A name server on loopback, over UDP. */
export async function loopbackDns(
  zone: Readonly<Record<string, readonly string[]>> = {},
): Promise<LoopbackDns> {
  const socket = createSocket('udp4');
  const records = new Map(Object.entries(zone));
  const asked: string[] = [];
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    const { name, type } = question ?? { name: '', type: 'A' as RecordType };
    asked.push(`${type} ${name}`);
    const values = records.get(`${type} ${name.toLowerCase()}`);
    const answers = (values ?? []).map((data) => ({ name, type, ttl: 30, data }) as Answer);
    const flags = (1 << 10) | (values ? 0 : 3);
    socket.send(encode({ type: 'response', id: id ?? 0, flags, questions, answers }), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    zone: records,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
