import dgram from 'node:dgram';
import net from 'node:net';

/** Nothing but loopback can be reached from a test: a connection elsewhere fails the test that makes it. */
const loopback = /^(127\.|::1$|::ffff:127\.|localhost$)/;

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const options = (Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0]) as
    { host?: string; path?: string | null } | number | string;
  const host =
    typeof options === 'object'
      ? options.path
        ? 'localhost'
        : (options.host ?? 'localhost')
      : typeof args[1] === 'string'
        ? args[1]
        : 'localhost';
  if (!loopback.test(host)) throw new Error(`a test tried to reach ${host}; only loopback is allowed`);
  return connect.apply(this, args as Parameters<typeof connect>);
} as typeof connect;

const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (this: dgram.Socket, ...args: unknown[]) {
  const host = args.slice(1).find((arg) => typeof arg === 'string');
  if (host !== undefined && !loopback.test(host)) {
    throw new Error(`a test tried to send to ${host}; only loopback is allowed`);
  }
  return (send as (...all: unknown[]) => void).apply(this, args);
} as typeof send;
