import dgram from 'node:dgram';
import { decode, encode, type Answer } from 'dns-packet';

/** A DNS server for a test: answers from a table of `type name` to values, NXDOMAIN for the rest. */
export async function nameServer(records: Record<string, string[]>) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (message, from) => {
    const query = decode(message);
    const [question] = query.questions ?? [];
    const type = question?.type ?? 'A';
    const name = question?.name ?? '';
    const values = records[`${type} ${name}`] ?? [];
    const answers = values.map((data): Answer =>
      type === 'TXT' ? { type, name, ttl: 30, data } : { type: 'A', name, ttl: 30, data },
    );
    const known = Object.keys(records).some((key) => key.endsWith(` ${name}`));
    const flags = known ? 0 : 3;
    socket.send(
      encode({ type: 'response', id: query.id ?? 0, flags, questions: query.questions ?? [], answers }),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, close: () => socket.close() };
}
