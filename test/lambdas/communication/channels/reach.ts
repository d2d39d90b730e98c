import { connect } from 'node:tls';

interface Agent {
  close(): Promise<void>;
}
type Connected = (error: Error | null, socket: unknown) => void;
type AgentClass = new (options: {
  readonly connect: (to: { readonly hostname: string }, done: Connected) => unknown;
}) => Agent;

const dispatcher = Symbol.for('undici.globalDispatcher.1');

/**
 * Lets `fetch` reach these names over TLS at loopback ports, trusting one authority; anything else is refused. Node's own
 * fetch, with a connector of ours. Answers how to put back what was there.
 */
export async function reach(
  ports: Readonly<Record<string, () => number>>,
  ca: string,
): Promise<() => Promise<void>> {
  // It makes its agent when it is first used.
  await fetch('data:,');
  const holder = globalThis as unknown as Record<symbol, Agent>;
  const before = holder[dispatcher];
  if (!before) throw new Error('fetch has no agent');
  const agent = new (before.constructor as AgentClass)({
    connect({ hostname }, done) {
      const port = ports[hostname]?.();
      if (port === undefined) {
        done(new Error(`nothing is at ${hostname}`), null);
        return;
      }
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca,
        servername: hostname,
        ALPNProtocols: ['http/1.1'],
      });
      socket
        .once('secureConnect', () => done(null, socket))
        .once('error', (error: Error) => done(error, null));
      return socket;
    },
  });
  holder[dispatcher] = agent;
  return async () => {
    holder[dispatcher] = before;
    await agent.close();
  };
}
