import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { respond, type Responder } from './message.ts';

/** A DNS server on loopback, UDP and TCP at one port. */
export interface DnsServer {
  readonly port: number;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const PORTS_TRIED = 200;
/** After which a TCP client that says nothing is left, milliseconds of real time. */
const IDLE = 10_000;

/**
 * Start a DNS server.
 *
 * @param preferredPort taken if it is free for both UDP and TCP, else the next one that is; 0: any
 */
export async function startDnsServer(responder: Responder, preferredPort = 0): Promise<DnsServer> {
  for (let attempt = 0; ; attempt++) {
    const wanted = preferredPort === 0 ? 0 : preferredPort + attempt;
    try {
      return await listen(responder, wanted);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || attempt >= PORTS_TRIED) throw error;
    }
  }
}

async function listen(responder: Responder, wanted: number): Promise<DnsServer> {
  const udp = createSocket('udp4');
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, responder);
  });
  udp.on('message', (message, from) => {
    const reply = respond(message, 'udp', responder);
    if (reply) udp.send(reply, from.port, from.address, () => undefined);
  });
  await bindUdp(udp, wanted);
  const { port } = udp.address();
  try {
    await bindTcp(tcp, port);
  } catch (error) {
    udp.close();
    throw error;
  }
  return {
    port,
    async stop() {
      const closed = Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Messages over TCP come one after the other, each with its length before it (RFC 1035 §4.2.2). */
function serve(socket: Socket, responder: Responder): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(IDLE, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const end = 2 + pending.readUInt16BE(0);
      if (pending.length < end) return;
      const reply = respond(pending.subarray(2, end), 'tcp', responder);
      pending = pending.subarray(end);
      if (!reply) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    }
  });
}

function bindUdp(socket: UdpSocket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: HOST, exclusive: true }, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined); // an answer to a client that is gone
      resolve();
    });
  });
}

function bindTcp(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}
