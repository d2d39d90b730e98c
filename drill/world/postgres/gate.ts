import { once } from 'node:events';
import net from 'node:net';

/** First bytes of a connection: length, then code (PostgreSQL protocol, "Message Formats"). */
const sslRequest = 80877103;
const cancelRequest = 80877102;
/** A client that begins with TLS at once (`sslnegotiation=direct`). */
const tlsHandshake = 0x16;

interface GateOptions {
  /** Where the server listens at the moment; null while it does not run. */
  readonly target: () => number | null;
  /** Who does not ask for TLS is refused, as by an instance with `rds.force_ssl`. */
  readonly tlsOnly?: boolean;
}

/** A port on loopback, its own for as long as it is, through which a server is reached that may come and go. */
export interface Gate {
  readonly port: number;
  /** A closed gate cuts connections and takes no new ones. */
  setOpen(open: boolean): void;
  close(): Promise<void>;
}

export async function openGate({ target, tlsOnly = false }: GateOptions): Promise<Gate> {
  const sockets = new Set<net.Socket>();
  let open = true;

  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).unref(); // whoever waits for an answer holds the other end
    socket.once('close', () => sockets.delete(socket));
  };

  // The port stays ours while nobody is let in: whoever closes it may find another program there afterwards.
  const server = net.createServer((client) => {
    client.on('error', () => client.destroy());
    const port = target();
    if (!open || port === null) {
      client.resetAndDestroy();
      return;
    }
    keep(client);
    if (tlsOnly) {
      client.once('data', (first) => {
        if (asksForTls(first)) join(client, port, first);
        else client.end(refusal('no pg_hba.conf entry for host "127.0.0.1", no encryption'));
      });
    } else {
      join(client, port);
    }
  });

  function join(client: net.Socket, port: number, first?: Buffer): void {
    client.pause();
    const behind = net.connect({ port, host: '127.0.0.1' });
    keep(behind);
    if (first) behind.write(first);
    behind.on('error', () => client.resetAndDestroy());
    behind.once('close', () => client.destroy());
    client.once('close', () => behind.destroy());
    client.pipe(behind);
    behind.pipe(client);
  }

  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    setOpen(wanted) {
      open = wanted;
      if (!open) cut();
    },
    async close() {
      open = false;
      cut();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

function asksForTls(first: Buffer): boolean {
  if (first[0] === tlsHandshake) return true;
  if (first.length < 8) return false;
  const code = first.readInt32BE(4);
  // Drivers ask for the end of a query on a connection of its own, without TLS; it carries a secret key.
  return code === sslRequest || code === cancelRequest;
}

/** An ErrorResponse as PostgreSQL sends it: 28000 is invalid_authorization_specification. */
function refusal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C28000\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
}
