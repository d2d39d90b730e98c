import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledge, addNote, openIncident } from '../../../lambdas/incident/acknowledge.ts';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import { aLock, anIncident, aRecord, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

deploy({});
const { id } = anIncident;
const now = Date.parse('2026-11-23T04:05:00.000Z');
const at = '2026-11-23T04:05:00.000Z';
const ada = { by: 'Ada', via: 'Slack' };
const grace = { by: 'Grace', via: 'link' };
const ledger = () => openLedger('ledger');
const key = `incidents/${id}.json`;

describe('the call', () => {
  it('is taken by whoever is first, on the record and on its timeline', async () => {
    const bucket = startBucket(duringAnIncident());
    const result = await acknowledge(ledger(), id, ada, now);
    expect(result).toMatchObject({ ok: true, acknowledged: { at, ...ada }, record: { ref: anIncident } });
    expect(bucket.record(id)).toMatchObject({
      acknowledged: { at, ...ada },
      timeline: [{ at, actor: 'Ada', event: 'took the call (Slack)' }],
    });
  });

  it('has one taker when two take it at once, and the other is told who has it', async () => {
    for (let round = 0; round < 20; round++) {
      const bucket = startBucket(duringAnIncident());
      const results = await Promise.all([
        acknowledge(ledger(), id, ada, now),
        acknowledge(ledger(), id, grace, now),
      ]);
      const winner = bucket.record(id).acknowledged;
      const [won, lost] = winner?.by === 'Ada' ? results : results.toReversed();
      expect(won).toMatchObject({ ok: true, acknowledged: winner });
      expect(lost).toMatchObject({
        ok: false,
        refusal: {
          because: 'taken',
          reason: expect.stringContaining(`${String(winner?.by)} has the call of ${id}`),
        },
      });
      expect(bucket.record(id).timeline).toHaveLength(1);
    }
  });

  it.each(['after', 'before'] as const)('is one when the write was lost %s it took effect', async (when) => {
    const bucket = startBucket(duringAnIncident());
    bucket.fail('put', key, awsError('ServiceUnavailable', 'x', 503), { after: when === 'after' });
    await acknowledge(ledger(), id, ada, now).catch(() => undefined);
    expect(await acknowledge(ledger(), id, ada, now + 9_000)).toMatchObject({ ok: true });
    expect(bucket.record(id).timeline).toHaveLength(1);
    expect(bucket.record(id).acknowledged?.at).toBe(when === 'after' ? at : '2026-11-23T04:05:09.000Z');
  });

  it('that is retried after the end was taken all the same', async () => {
    startBucket(duringAnIncident({ state: 'closed', acknowledged: { at, ...ada } }));
    expect(await acknowledge(ledger(), id, ada, now)).toMatchObject({ ok: true });
    expect(await acknowledge(ledger(), id, grace, now)).toMatchObject({ refusal: { because: 'over' } });
  });

  it.each([
    ['closed', 'there is nothing to take any more'],
    ['escalated', 'people go on by hand; a note can still be written'],
  ] as const)('of an incident that is %s is refused with a sentence', async (state, words) => {
    const bucket = startBucket(duringAnIncident({ state, closedAt: '2026-11-23T04:04:00.000Z' }));
    const result = await acknowledge(ledger(), id, ada, now);
    expect(result).toMatchObject({
      ok: false,
      refusal: { because: 'over', reason: expect.stringContaining(words) },
    });
    expect(bucket.record(id).acknowledged).toBeUndefined();
  });

  it('of an incident that nobody knows is refused, and makes none', async () => {
    const bucket = startBucket(duringAnIncident());
    expect(await acknowledge(ledger(), 'dev-other', ada, now)).toMatchObject({
      refusal: { because: 'unknown', reason: expect.stringContaining('There is no incident dev-other') },
    });
    expect(bucket.keys).toEqual([key, 'lock.json']);
  });

  it('is not taken when the ledger does not answer', async () => {
    const bucket = startBucket(duringAnIncident());
    bucket.fail('get', key, awsError('SlowDown', 'x', 503), { times: 99 });
    await expect(acknowledge(ledger(), id, ada, now)).rejects.toMatchObject({ name: 'TryAgain' });
  });
});

describe('a note', () => {
  const text = 'the load balancer <b>of zone b</b> is gone & back';

  it('is on the record and on its timeline, as it was written', async () => {
    const bucket = startBucket(duringAnIncident());
    const result = await addNote(ledger(), id, { ...ada, text: `  ${text}\r\nwait\n` }, now);
    const note = { at, ...ada, text: `${text}\nwait` };
    expect(result).toMatchObject({ ok: true, note });
    expect(bucket.record(id).notes).toEqual([note]);
    expect(bucket.record(id).timeline).toEqual([
      { at, actor: 'Ada', event: 'wrote a note (Slack)', detail: `${text}\nwait` },
    ]);
  });

  it.each(['after', 'before'] as const)('is one when the write was lost %s it took effect', async (when) => {
    const bucket = startBucket(duringAnIncident());
    bucket.fail('put', key, awsError('ServiceUnavailable', 'x', 503), { after: when === 'after' });
    await addNote(ledger(), id, { ...ada, text }, now).catch(() => undefined);
    expect(await addNote(ledger(), id, { ...ada, text }, now + 9_000)).toMatchObject({ ok: true });
    expect(bucket.record(id).notes).toHaveLength(1);
    expect(bucket.record(id).timeline).toHaveLength(1);
  });

  it('is one when it is tried several times at once', async () => {
    const bucket = startBucket(duringAnIncident());
    const results = await Promise.all(
      [0, 1, 2, 3].map((ms) => addNote(ledger(), id, { ...ada, text }, now + ms)),
    );
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(bucket.record(id).notes).toHaveLength(1);
  });

  it('is another one by another person, in other words, or later', async () => {
    const bucket = startBucket(duringAnIncident());
    await addNote(ledger(), id, { ...ada, text }, now);
    await addNote(ledger(), id, { ...grace, text }, now);
    await addNote(ledger(), id, { ...ada, text: 'other' }, now);
    await addNote(ledger(), id, { ...ada, text }, now + 11 * 60_000);
    const { notes = [] } = bucket.record(id);
    expect(notes).toHaveLength(4);
    // What its notice is known by.
    expect(new Set(notes.map((note) => `${note.at} ${note.by}`)).size).toBe(4);
  });

  it('can be written when the automation has given up, and not after the end', async () => {
    startBucket(duringAnIncident({ state: 'escalated' }));
    expect(await addNote(ledger(), id, { ...ada, text }, now)).toMatchObject({ ok: true });
    const bucket = startBucket(duringAnIncident({ state: 'closed' }));
    expect(await addNote(ledger(), id, { ...ada, text }, now)).toMatchObject({
      refusal: { because: 'over' },
    });
    expect(await addNote(ledger(), 'dev-x', { ...ada, text }, now)).toMatchObject({
      refusal: { because: 'unknown' },
    });
    expect(bucket.record(id).notes).toBeUndefined();
  });

  it('of whatever words, by whomever, each once, none is lost', async () => {
    const word = fc.record({ by: fc.constantFrom('Ada', 'Grace'), text: fc.stringMatching(/^[a-c]$/) });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        const bucket = startBucket(duringAnIncident());
        for (const each of words) await addNote(ledger(), id, { ...each, via: 'Slack' }, now);
        const kept = (bucket.record(id).notes ?? []).map(({ by, text: said }) => `${by} ${said}`);
        expect(new Set(kept)).toEqual(new Set(words.map(({ by, text: said }) => `${by} ${said}`)));
        expect(kept).toHaveLength(new Set(kept).size);
      }),
      { numRuns: 30 },
    );
  });
});

it('the incident that is open is the one that holds the lock', async () => {
  startBucket(duringAnIncident());
  expect(await openIncident(ledger())).toBe(id);
  startBucket({ 'lock.json': aLock({ state: 'free' }), [key]: aRecord() });
  expect(await openIncident(ledger())).toBeNull();
  startBucket();
  expect(await openIncident(ledger())).toBeNull();
});
