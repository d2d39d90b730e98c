import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { prepareFolder } from '../../../drill/report/folder.ts';

const root = mkdtempSync(path.join(tmpdir(), 'lifeboat-folder-'));
afterAll(() => rmSync(root, { recursive: true }));

test('a folder is made with all above it, and may be there already', () => {
  const folder = path.join(root, 'a', 'b');
  prepareFolder(folder);
  prepareFolder(folder);
  expect(existsSync(folder)).toBe(true);
});

test('a file, and a place where nothing can be made, are refused by name', () => {
  const file = path.join(root, 'file');
  writeFileSync(file, '');
  expect(() => prepareFolder(file)).toThrow(/--out: got .*file".*it is a file/);
  expect(() => prepareFolder('/proc/lifeboat')).toThrow(/--out: got "\/proc\/lifeboat"/);
});
