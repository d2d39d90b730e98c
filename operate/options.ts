import { parseArgs } from 'node:util';
import type { Scenario } from '../lambdas/incident/contract.ts';

/** What the commands of an operator share: how options are read, and what is said of those that are wrong. */

/** A command that was mistyped; the message names each option, what was got and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What an option may be, and what is said when it is not. */
interface Kind<T> {
  readonly read: (given: string | undefined) => T | undefined;
  readonly allowed: string;
}

export class Options<Name extends string, Flag extends string = never> {
  readonly #given: Readonly<Partial<Record<Name, string>>>;
  readonly #flags: ReadonlySet<string>;
  readonly #wrong: string[] = [];

  constructor(given: Readonly<Partial<Record<Name, string>>>, flags: ReadonlySet<string>) {
    this.#given = given;
    this.#flags = flags;
  }

  /** Whether an option without a text was given. */
  has(flag: Flag): boolean {
    return this.#flags.has(flag);
  }

  /** Whether it was given, however wrong it may be. */
  isGiven(name: Name): boolean {
    return this.#given[name] !== undefined;
  }

  /** Note what is wrong with options that are each right. */
  refuse(why: string): void {
    this.#wrong.push(why);
  }

  /** What is made of an option; undefined, and noted as wrong, when nothing can be. */
  take<T>(name: Name, { read, allowed }: Kind<T>): T | undefined {
    const got = this.#given[name];
    const value = read(got);
    if (value === undefined) {
      this.#wrong.push(
        `--${name}: got ${got === undefined ? 'nothing' : JSON.stringify(got)}, allowed: ${allowed}`,
      );
    }
    return value;
  }

  /** Likewise, but undefined is fine when it was not given. */
  takeIfGiven<T>(name: Name, kind: Kind<T>): T | undefined {
    return this.#given[name] === undefined ? undefined : this.take(name, kind);
  }

  /**
   * What was taken, now that it is known to be there.
   *
   * @throws UsageError with everything that is wrong at once
   */
  complete<T extends object>(taken: T): { readonly [K in keyof T]: Exclude<T[K], undefined> } {
    if (this.#wrong.length > 0) throw new UsageError(this.#wrong.join('\n'));
    return taken as { readonly [K in keyof T]: Exclude<T[K], undefined> };
  }
}

/**
 * The options of a command, each with one text, and its flags, which have none; null when it asks for help.
 *
 * @throws UsageError when there are others, or one has no text
 */
export function readOptions<Name extends string, Flag extends string = never>(
  args: readonly string[],
  names: readonly Name[],
  flags: readonly Flag[] = [],
): Options<Name, Flag> | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(names.map((name) => [name, { type: 'string' } as const])),
        ...Object.fromEntries(flags.map((flag) => [flag, { type: 'boolean' } as const])),
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) return null;
    const entries: readonly (readonly [string, unknown])[] = Object.entries(values);
    const given = Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
    const set = entries.filter(([, value]) => value === true).map(([flag]) => flag);
    return new Options(given as Readonly<Partial<Record<Name, string>>>, new Set(set));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Without those that are undefined. */
export function present<T extends object>(
  members: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export const environmentName: Kind<string> = {
  read: (given) => (given === '' ? undefined : given),
  allowed: 'the name of an environment, or a file',
};

export const endpointUrl: Kind<string> = {
  read: (given) => (isUrl(given) ? given : undefined),
  allowed: 'a URL with http or https',
};

export const incidentId: Kind<string> = {
  read: (given) => (given !== undefined && /^[a-zA-Z0-9][\w-]{0,99}$/.test(given) ? given : undefined),
  allowed: 'the id of an incident such as dev-20261123T040012-site-failure',
};

export const scenario: Kind<Scenario> = oneOf([
  'site-failure',
  'data-corruption',
  'configuration-loss',
  'application-failure',
  'hardware-failure',
]);

/** Where something is written: a path, of a file or a directory. */
export const pathName: Kind<string> = {
  read: (given) => (given === undefined || given.trim() === '' || given.includes('\0') ? undefined : given),
  allowed: 'a path',
};

/** One line without control characters. */
export function lineUpTo(longest: number): Kind<string> {
  return {
    read: (given = '') => {
      const line = given.trim();
      const fits = line !== '' && line.length <= longest && !/[\p{Cc}\u2028\u2029]/u.test(line);
      return fits ? line : undefined;
    },
    allowed: `one line of text, 1 to ${longest} characters`,
  };
}

export function oneOf<T extends string>(values: readonly T[]): Kind<T> {
  return { read: (given) => values.find((each) => each === given), allowed: values.join(', ') };
}

function isUrl(value: string | undefined): boolean {
  return value !== undefined && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
