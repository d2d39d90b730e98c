import { Client } from 'pg';
import { type Cancel, type Clock, every } from '../../clock.ts';
import type { Site } from '../../../lambdas/incident/contract.ts';

/** A write that the database acknowledged to the application. */
export interface AcknowledgedWrite {
  readonly id: number;
  /** Incident time of the acknowledgement: it was committed no later. */
  readonly at: number;
  readonly site: Site;
  /** The server that acknowledged it. */
  readonly server: string;
}

/** How the application reaches its database at this moment. */
export interface Route {
  /** For the record: the server's name. */
  readonly server: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Absent: a connection within the machine, without TLS. */
  readonly tls?: { readonly ca: string; readonly servername: string };
}

interface ApplicationOptions {
  readonly clock: Clock;
  readonly site: Site;
  /** Whether any pod of it runs. */
  readonly running: () => boolean;
  /** Looked up when it starts and when its connection is gone, as a pod reads its secret; null: nobody answers. */
  readonly route: () => Route | null;
  /** The statement that writes one thing, with its parameters: number of the write and the time, ISO 8601. */
  readonly write: string;
  readonly nextId: () => number;
  readonly onAcknowledged: (write: AcknowledgedWrite) => void;
}

/** The part of the application that writes: something every two seconds, as long as it runs and its database lets it. */
export interface Application {
  /** Why the last write failed; null when it did not. */
  readonly trouble: string | null;
  stop(): Promise<void>;
}

const interval = 2_000;
/** After a failure it tries again less often. */
const patience = 15_000;

export function startApplication(options: ApplicationOptions): Application {
  const { clock, site, running, route, nextId } = options;
  let connection: { readonly client: Client; readonly server: string } | null = null;
  let trouble: string | null = null;
  let notBefore = 0;
  let writing: Promise<void> | null = null;

  const stop: Cancel = every(clock, interval, () => {
    if (writing !== null || clock.now() < notBefore) return;
    if (!running() && connection === null) return;
    writing = clock.busy(round).finally(() => {
      writing = null;
    });
  });

  async function round(): Promise<void> {
    if (!running()) {
      await disconnect();
      return;
    }
    try {
      const { client, server } = (connection ??= await connect());
      const id = nextId();
      await client.query(options.write, [id, new Date(clock.now()).toISOString()]);
      options.onAcknowledged({ id, at: clock.now(), site, server });
      trouble = null;
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
      notBefore = clock.now() + patience;
      await disconnect();
    }
  }

  async function connect(): Promise<{ readonly client: Client; readonly server: string }> {
    const found = route();
    if (found === null) throw new Error('there is no database where the application looks for it');
    const client = await connectTo(found, `application of the ${site}`);
    return { client, server: found.server };
  }

  async function disconnect(): Promise<void> {
    const gone = connection;
    connection = null;
    await gone?.client.end().catch(() => undefined);
  }

  return {
    get trouble() {
      return trouble;
    },
    async stop() {
      stop();
      await writing;
      await disconnect();
    },
  };
}

/** A connection that gives up soon, and whose loss is no unhandled error: the next query says so. */
export async function connectTo(
  { port, user, password, database, tls }: Route,
  applicationName: string,
): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user,
    password,
    database,
    application_name: applicationName,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    ...(tls ? { ssl: { ca: tls.ca, servername: tls.servername } } : { ssl: false }),
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
