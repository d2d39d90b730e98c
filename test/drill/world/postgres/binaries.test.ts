import { chmodSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findBinaries, isOpenToAll } from '../../../../drill/world/postgres/binaries.ts';

const folders: string[] = [];

function folder(mode = 0o755): string {
  const made = mkdtempSync(path.join(tmpdir(), 'lifeboat-binaries-'));
  chmodSync(made, mode);
  folders.push(made);
  return made;
}

/** As npm leaves it when install scripts are off: a list of links instead of the links. */
function unlinked(parent: string): string {
  const native = path.join(parent, 'native');
  mkdirSync(path.join(native, 'lib'), { recursive: true });
  writeFileSync(path.join(native, 'lib', 'libpq.so.5.18'), '');
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  writeFileSync(path.join(native, 'pg-symlinks.json'), JSON.stringify(links));
  return native;
}

const someone = { uid: 65534, gid: 65534 };
const never = () => expect.unreachable('nothing is to be copied');

afterEach(() => {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true });
});

describe('the programs of PostgreSQL', () => {
  it('are run where npm put them, with the links between their libraries made', () => {
    const native = unlinked(folder());
    for (const owner of [undefined, someone]) {
      expect(findBinaries(never, owner, native).postgres).toBe(path.join(native, 'bin', 'postgres'));
      expect(readlinkSync(path.join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    }
  });

  it('are copied where the owner of the servers may not go', () => {
    const home = folder(0o700);
    const native = unlinked(home);
    expect([isOpenToAll(home), isOpenToAll(native)]).toEqual([false, false]);
    const elsewhere = folder();
    expect(findBinaries(() => elsewhere, someone, native).initdb).toBe(
      path.join(elsewhere, 'native', 'bin', 'initdb'),
    );
    expect(readlinkSync(path.join(elsewhere, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    expect(findBinaries(never, undefined, native).initdb).toBe(path.join(native, 'bin', 'initdb'));
  });
});
