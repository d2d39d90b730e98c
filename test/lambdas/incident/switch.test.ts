import { beforeEach, expect, it } from 'vitest';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import { readSwitch, writeSwitch, type SwitchState } from '../../../lambdas/incident/switch.ts';
import { startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const ledger = () => openLedger('ledger');
const state = (changes: Partial<SwitchState> = {}): SwitchState => ({
  site: 'standby',
  epoch: 3,
  incidentId: 'dev-1',
  changedAt: '2026-11-23T04:05:00.000Z',
  ...changes,
});

beforeEach(() => {
  deploy({});
});

it('stands on the primary until somebody moves it', async () => {
  startBucket();
  expect(await readSwitch(ledger())).toMatchObject({ site: 'primary', epoch: 0 });
});

it('is not guessed when it cannot be read', async () => {
  startBucket().fail('get', 'switch.json', awsError('AccessDenied', 'no', 403));
  await expect(readSwitch(ledger())).rejects.toMatchObject({ name: 'AccessDenied' });
});

it('moves, and says where it stood', async () => {
  const bucket = startBucket();
  expect(await writeSwitch(ledger(), state())).toMatchObject({ changed: true, before: { site: 'primary' } });
  expect(bucket.read('switch.json')).toEqual(state());
});

it('stays as it is when it stands there already', async () => {
  const bucket = startBucket({ 'switch.json': state({ epoch: 2 }) });
  expect(await writeSwitch(ledger(), state())).toEqual({ changed: false, before: state({ epoch: 2 }) });
  expect(bucket.read('switch.json')).toEqual(state({ epoch: 2 }));
});

it('refuses an incident whose epoch is past', async () => {
  const bucket = startBucket({ 'switch.json': state({ site: 'primary', epoch: 4, incidentId: 'dev-2' }) });
  await expect(writeSwitch(ledger(), state())).rejects.toMatchObject({
    name: 'LockLost',
    message: expect.stringContaining('dev-2 moved it to primary in epoch 4'),
  });
  expect(bucket.read<SwitchState>('switch.json').site).toBe('primary');
});

it('is reported as changed when the answer to the write is lost', async () => {
  const bucket = startBucket();
  bucket.fail('put', 'switch.json', awsError('ConditionalRequestConflict', '', 409), { after: true });
  expect(await writeSwitch(ledger(), state())).toMatchObject({ changed: true, before: { site: 'primary' } });
});
