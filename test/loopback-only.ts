import dgram from 'node:dgram';
import net from 'node:net';

/** Nothing but loopback can be reached from a test: a connection elsewhere fails the test that makes it. */
const loopback = /^(127\.|::1$|::ffff:127\.|localhost$)/;

function refuseUnlessLoopback(host: string, verb: string): void {
  if (!loopback.test(host)) throw new Error(`a test tried to ${verb} ${host}; only loopback is allowed`);
}

/** The host of `connect(options)`, `connect(port, host)` or `connect(path)`; a path is on this machine. */
function hostOf(args: readonly unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first !== 'object' || first === null) return typeof second === 'string' ? second : 'localhost';
  const { host, path } = first as { host?: string; path?: string | null };
  return path ? 'localhost' : (host ?? 'localhost');
}

function guard<Target extends object>(
  target: Target,
  method: keyof Target,
  check: (args: unknown[]) => void,
): void {
  const original = target[method] as (...args: unknown[]) => unknown;
  target[method] = function (this: unknown, ...args: unknown[]) {
    check(args);
    return original.apply(this, args);
  } as Target[keyof Target];
}

guard(net.Socket.prototype, 'connect', (args) => refuseUnlessLoopback(hostOf(args), 'reach'));
guard(dgram.Socket.prototype, 'send', (args) => {
  const host = args.slice(1).find((arg) => typeof arg === 'string');
  if (host !== undefined) refuseUnlessLoopback(host, 'send to');
});
