import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { liveProgress } from '../../../drill/report/live.ts';
import { plainProgress } from '../../../drill/report/plain.ts';

function screen(columns = 80) {
  let text = '';
  return { columns, write: (more: string) => void (text += more), text: () => text };
}

const happening = { at: 65_000, actor: 'incident', event: 'OpenIncident', detail: 'x'.repeat(200) };

test('a pipe gets one whole line for each thing that happens, without colour', () => {
  const pipe = screen();
  plainProgress(pipe, () => 0).happened(happening);
  expect(pipe.text()).toBe(`   +1:05  incident         OpenIncident: ${'x'.repeat(200)}\n`);
});

test('a terminal gets lines no wider than it is', () => {
  const terminal = screen();
  const live = liveProgress(terminal, 'site-failure on dev', 3600, () => 0);
  live.happened(happening);
  live.sampled({ at: 66_000, servedBy: null });
  live.tick(66_000, { damaged: 0, lastGood: 0, opened: 60_000 });
  const lines = stripVTControlCharacters(terminal.text()).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('a terminal shows the phase, the time against the RTO and who is served', () => {
  const terminal = screen(100);
  const live = liveProgress(terminal, 'site-failure on dev', 3600, () => 0);
  live.sampled({ at: 66_000, servedBy: null });
  live.tick(66_000, { damaged: 0, lastGood: 0, opened: 60_000 });
  const text = stripVTControlCharacters(terminal.text());
  expect(text).toContain('✓ detect  ▶ decide  ○ act');
  expect(text).toContain('1:06 of 1:00:00');
  expect(text).toContain('is not served');
});
