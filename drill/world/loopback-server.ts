import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ServerCertificate } from './certificates.ts';

/**
 * An HTTP server of the world that can go dark and come back at the same port.
 *
 * It keeps its port while it is dark, and cuts whoever connects: a port that is given back may be taken by
 * another world on this machine, whose servers would then answer for the one that is gone.
 */
interface LoopbackServer {
  readonly port: number;
  /** Answer again; does nothing when it already does. */
  open(): void;
  /** Cut the connections that are open, and every new one at once. */
  shut(): void;
  /** For good: the port is free again. */
  close(): Promise<void>;
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
  let dark = false;
  server.on('connection', (socket: Socket) => {
    if (dark) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listenAtNextFree(server, options.preferredPort ?? 0);
  const shut = () => {
    dark = true;
    for (const socket of sockets) socket.destroy();
  };

  return {
    port,
    open() {
      dark = false;
    },
    shut,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      shut();
      return closed;
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
