import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ServerCertificate } from './certificates.ts';

/** An HTTP server of the world that can go dark and come back at the same port. */
interface LoopbackServer {
  readonly port: number;
  /** Answer again; does nothing when it already does. */
  open(): Promise<void>;
  /** Refuse connections and cut the ones that are open, as a machine that lost its power. */
  shut(): Promise<void>;
}

interface LoopbackServerOptions {
  readonly handler: RequestListener;
  /** Absent: plain HTTP. */
  readonly certificate?: ServerCertificate;
  /** Where to listen if it is free; the next free port otherwise. Absent: any. */
  readonly preferredPort?: number;
}

const HOST = '127.0.0.1';
const PORTS_TRIED = 200;

export async function startLoopbackServer(options: LoopbackServerOptions): Promise<LoopbackServer> {
  const { handler, certificate } = options;
  const server: Server = certificate
    ? createTlsServer({ key: certificate.key, cert: certificate.cert }, handler)
    : createServer(handler);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listenAtNextFree(server, options.preferredPort ?? 0);
  let listening = true;

  return {
    port,
    async open() {
      if (listening) return;
      listening = true;
      await listen(server, port);
    },
    async shut() {
      if (!listening) return;
      listening = false;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listenAtNextFree(server: Server, preferred: number): Promise<number> {
  for (let port = preferred; ; port++) {
    try {
      return await listen(server, port);
    } catch (error) {
      const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!inUse || port >= preferred + PORTS_TRIED) throw error;
    }
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(error);
    server.once('error', failed);
    server.listen({ port, host: HOST }, () => {
      server.off('error', failed);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}
