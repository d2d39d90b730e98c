import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder in which each environment is synthesized once, by the first test file that needs it. */
    readonly assemblies: string;
  }
}

/** Vitest's global setup: one folder for the assemblies of a run, gone when the run is over. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'lifeboat-assemblies-'));
  project.provide('assemblies', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
