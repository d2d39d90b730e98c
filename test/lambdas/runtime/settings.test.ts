import { afterEach, expect, it, vi } from 'vitest';
import { log } from '../../../lambdas/runtime/log.ts';
import { region, settings } from '../../../lambdas/runtime/settings.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('are the JSON of one variable', () => {
  vi.stubEnv('SETTINGS', '{"environment":"dev"}');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  expect(settings<{ environment: string }>()).toEqual({ environment: 'dev' });
  expect(region()).toBe('eu-central-1');
});

it('are the JSON of a file beside the code when they are too large for a variable', () => {
  vi.stubEnv('SETTINGS', 'file:../../environments/environment.schema.json');
  expect(settings<{ type: string }>()).toMatchObject({ type: 'object', additionalProperties: false });
});

it.each([undefined, ''])('name the variable that is missing (%s)', (value) => {
  vi.stubEnv('SETTINGS', value);
  vi.stubEnv('AWS_REGION', value);
  expect(() => settings()).toThrow('environment variable SETTINGS is not set');
  expect(() => region()).toThrow('environment variable AWS_REGION is not set');
});

it('a log line is one line of JSON with its environment', () => {
  vi.stubEnv('LIFEBOAT_ENVIRONMENT', 'dev');
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  log('probe', { text: 'two\nlines' });
  const line = String(written.mock.calls[0]![0]);
  expect(line).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(line)).toMatchObject({ event: 'probe', environment: 'dev', text: 'two\nlines' });
});
