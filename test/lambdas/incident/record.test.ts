import { beforeEach, describe, expect, it } from 'vitest';
import type { StepResult } from '../../../lambdas/incident/contract.ts';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import {
  keepPreImage,
  note,
  readRecord,
  recordChecks,
  recordStep,
} from '../../../lambdas/incident/record.ts';
import { anIncident, aRecord, duringAnIncident, startBucket, type Bucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const ledger = () => openLedger('ledger');
const step: StepResult = { step: 'scale-nodes', status: 'changed', summary: '2 to 4', before: 2, after: 4 };
let bucket: Bucket;

beforeEach(() => {
  deploy({});
  bucket = startBucket(duringAnIncident());
});

it('is read as it stands', async () => {
  expect(await readRecord(ledger(), anIncident.id)).toEqual(aRecord());
});

it('is not invented when there is none', async () => {
  await expect(readRecord(ledger(), 'other')).rejects.toThrow('the ledger has no incident other');
  await expect(note(ledger(), { id: 'other' }, { actor: 'a', event: 'b' })).rejects.toThrow(
    'no incident other',
  );
  expect(bucket.keys).not.toContain('incidents/other.json');
});

it('keeps a step, and says so in the timeline', async () => {
  await recordStep(ledger(), anIncident, step);
  expect(bucket.record(anIncident.id)).toMatchObject({
    steps: [step],
    timeline: [{ actor: 'scale-nodes', event: 'changed: 2 to 4', at: expect.stringMatching(/Z$/) }],
  });
});

it('keeps checks, and the last good time once it is known', async () => {
  const checks = [{ name: 'go/traffic', held: true, evidence: 'on the primary' }] as const;
  await recordChecks(ledger(), anIncident, 'assess-primary', 'down', checks, {
    lastGoodAt: anIncident.startedAt,
  });
  await recordChecks(ledger(), anIncident, 'assess-primary', 'unknown', [], { lastGoodAt: null });
  expect(bucket.record(anIncident.id)).toMatchObject({
    checks,
    lastGoodAt: anIncident.startedAt,
    timeline: [{ event: 'down' }, { event: 'unknown' }],
  });
});

it('keeps the first pre-image of a step, whatever a retry sees', async () => {
  await keepPreImage(ledger(), anIncident, 'switch-dns', { site: 'primary' });
  await keepPreImage(ledger(), anIncident, 'switch-dns', { site: 'standby' });
  await keepPreImage(ledger(), anIncident, 'constructor', 1);
  expect(bucket.record(anIncident.id).preImages).toEqual({
    'switch-dns': { site: 'primary' },
    constructor: 1,
  });
});

it('loses nothing when runbook and status updates write at once', async () => {
  await Promise.all([
    recordStep(ledger(), anIncident, step),
    note(ledger(), anIncident, { actor: 'send-notice', event: 'told' }),
    recordChecks(ledger(), anIncident, 'check-standby', 'fit', []),
    keepPreImage(ledger(), anIncident, 'scale-nodes', 2),
  ]);
  const record = bucket.record(anIncident.id);
  expect(record.timeline.map(({ actor }) => actor).toSorted()).toEqual([
    'check-standby',
    'scale-nodes',
    'send-notice',
  ]);
  expect(record.steps).toEqual([step]);
  expect(record.preImages).toEqual({ 'scale-nodes': 2 });
});

describe('a write whose answer is lost', () => {
  it('is not written twice', async () => {
    bucket.fail('put', 'incidents/', awsError('PreconditionFailed', '', 412), { after: true });
    await recordStep(ledger(), anIncident, step);
    expect(bucket.record(anIncident.id).steps).toHaveLength(1);
    expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
  });
});
