/**
 * Where the world's addresses are on this machine.
 *
 * The world uses real names and addresses (a load balancer at 192.0.2.10:443, a resolver at 1.1.1.1); behind
 * each is a port on loopback. What is not in the book does not exist: nobody in the world reaches further.
 */
export interface AddressBook {
  /** Names that need no DNS, as in /etc/hosts: name to IP address. */
  readonly hosts: Readonly<Record<string, string>>;
  /** `ip:port` to the loopback port that stands for it. */
  readonly tcp: Readonly<Record<string, number>>;
  /** IP address of a DNS server to the loopback port, UDP and TCP, that stands for it. */
  readonly dns: Readonly<Record<string, number>>;
  /** Loopback port of the resolver that a machine of the world has by default. */
  readonly defaultResolver: number;
}

function isLoopback(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+|localhost)$/i.test(host);
}

/** The loopback port behind an address of the world; a loopback address is itself; undefined: nobody there. */
export function loopbackPort(book: AddressBook, ip: string, port: number): number | undefined {
  return isLoopback(ip) ? port : book.tcp[`${ip}:${port}`];
}

/** The error of a connection to an address that the world does not have. */
export function unreachable(ip: string, port: number): NodeJS.ErrnoException {
  return Object.assign(
    new Error(`connect ENETUNREACH ${ip}:${port} (the world has nothing at this address)`),
    {
      code: 'ENETUNREACH',
      syscall: 'connect',
      address: ip,
      port,
    },
  );
}
