import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { normalise, type Answer, type RecordType } from './answer.ts';
import { aliasKey, type AliasName } from './expected-answer.ts';

/** Each try, milliseconds; the second waits a little longer. A silent server costs about three seconds. */
const timing = { timeout: 1_000, tries: 2 };

/** Answers that say "there is none", as opposed to no answer. */
const noRecord: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND']);

const addresses = new Map<string, Promise<string>>();

/**
 * Ask each server by itself for one name and type, all at the same time.
 *
 * Each server has a resolver of its own, so that no answer is attributed to the wrong one and nothing is
 * cached between them. A server may be an address, an address with a port, or a host name, which the default
 * resolver resolves. A server that does not answer is `values: null`, never an error.
 */
export async function ask(
  servers: readonly string[],
  name: string,
  type: RecordType,
): Promise<readonly Answer[]> {
  return Promise.all(servers.map((server) => askOne(server, name, type)));
}

async function askOne(server: string, name: string, type: RecordType): Promise<Answer> {
  let resolver: Resolver;
  try {
    resolver = new Resolver(timing);
    resolver.setServers([await addressOf(server)]);
  } catch (error) {
    return { server, values: null, silence: `its address is unknown: ${codeOf(error)}` };
  }
  try {
    return { server, values: normalise(type, await query(resolver, name, type)) };
  } catch (error) {
    const code = codeOf(error);
    return noRecord.has(code) ? { server, values: [] } : { server, values: null, silence: code };
  }
}

/** What each alias resolves to now, by `aliasKey`; empty when nobody knows. */
export async function resolveAliases(
  resolvers: readonly string[],
  aliases: readonly AliasName[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const resolved = await Promise.all(
    aliases.map(async (alias) => {
      const values = await resolveEverywhere(resolvers, alias.dnsName, alias.type);
      return [aliasKey(alias), values] as const;
    }),
  );
  return new Map(resolved);
}

/**
 * By all the resolvers together, because load balancers rotate their answers and one may know only a part; by
 * the machine's own when none of them answers.
 */
async function resolveEverywhere(
  resolvers: readonly string[],
  name: string,
  type: RecordType,
): Promise<readonly string[]> {
  const answers = await ask(resolvers, name, type);
  const values = answers.flatMap((answer) => answer.values ?? []);
  if (values.length > 0) return [...new Set(values)].sort();
  return normalise(type, await query(new Resolver(timing), name, type).catch((): string[] => []));
}

function query(resolver: Resolver, name: string, type: RecordType): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'CNAME':
      return resolver.resolveCname(name);
    case 'TXT':
      return resolver.resolveTxt(name).then((records) => records.map((chunks) => chunks.join('')));
  }
}

/** Kept between the looks of one process: name servers do not move within an incident. */
function addressOf(server: string): Promise<string> {
  if (isIP(server) !== 0 || isIP(server.replace(/:\d+$/, '')) === 4) return Promise.resolve(server);
  let found = addresses.get(server);
  if (!found) {
    found = new Resolver(timing).resolve4(server).then(([address]) => {
      if (address === undefined)
        throw Object.assign(new Error(`${server} has no address`), { code: 'ENODATA' });
      return address;
    });
    addresses.set(server, found);
    found.catch(() => addresses.delete(server));
  }
  return found;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code ?? String(error);
}
