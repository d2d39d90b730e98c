import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { close, describeFailure, outputOf } from '../../../lambdas/close-incident/decide.ts';
import type { Input } from '../../../lambdas/close-incident/contract.ts';
import type { IncidentRecord } from '../../../lambdas/incident/contract.ts';
import { anIncident, aRecord } from '../bucket.ts';

const at = '2026-11-23T04:05:12.000Z';
const input = (changes: Partial<Input> = {}): Input => ({
  incident: anIncident,
  outcome: 'recovered',
  summary: 'The standby serves.',
  ...changes,
});

describe('closing', () => {
  it.each(['recovered', 'planned', 'awaiting-approval'] as const)('keeps how it ended: %s', (outcome) => {
    const record = close(aRecord(), input({ outcome }), at);
    expect(record).toMatchObject({ state: 'closed', outcome, closedAt: at, summary: 'The standby serves.' });
    expect(record!.nextSteps).not.toEqual([]);
    expect(record!.timeline).toEqual([
      {
        at,
        actor: 'close-incident',
        event: `the incident was closed: ${outcome}`,
        detail: 'The standby serves.',
      },
    ]);
  });

  it('tells the next person everything when the automation gave up', () => {
    const failure = {
      error: 'CapacityFailed',
      cause: '{"errorMessage":"no capacity","errorType":"CapacityFailed"}',
    };
    const record = close(
      aRecord({ preImages: { 'scale-nodes': 2 } }),
      input({
        outcome: 'escalated',
        summary: 'Step check-capacity failed.',
        failedStep: 'check-capacity',
        failure,
      }),
      at,
    );
    expect(record).toMatchObject({
      state: 'escalated',
      summary: 'Step check-capacity failed. CapacityFailed: no capacity',
      changed: ['scale-nodes: may have changed something (it began and did not report)'],
      unchanged: [
        'fence-primary: was not reached',
        'promote-database: was not reached',
        'swap-database: was not reached',
        'scale-workloads: was not reached',
        'switch-dns: was not reached',
      ],
    });
    expect(record!.nextSteps![0]).toContain('quotas');
  });

  it('says what a restore leaves to do: the lost writes, the damaged database, the cause', () => {
    const ref = { ...anIncident, scenario: 'data-corruption' } as const;
    const { nextSteps = [] } = close(aRecord({ ref }), input(), at)!;
    expect(nextSteps.join('\n')).toContain(`lost-writes/${anIncident.id}.json`);
    expect(nextSteps.join('\n')).toMatch(/damaged databases are kept .* Delete them when/);
    expect(nextSteps.join('\n')).not.toContain('standby');
  });

  it('says that a promotion cannot be undone, where there was one', () => {
    const promoted = {
      step: 'promote-database',
      status: 'changed',
      summary: 'x',
      before: 0,
      after: 1,
    } as const;
    const after = (record: IncidentRecord) => close(record, input(), at)!.nextSteps!.join('\n');
    expect(after(aRecord({ steps: [promoted] }))).toContain('rebuild its databases as replicas');
    expect(after(aRecord())).not.toContain('replicas');
  });

  it.each(['recovered', 'escalated'] as const)('reminds of another trouble when it ends %s', (outcome) => {
    const detail = 'alarm x: data-corruption, start it afterwards';
    const timeline = [{ at, actor: 'alarm', event: 'reported another trouble', detail }];
    expect(close(aRecord({ timeline }), input({ outcome }), at)!.nextSteps).toContain(`${detail}.`);
  });

  it('says how to start the same again, with what the person had asked for', () => {
    const restore = { recoverTo: '2026-11-23T03:00:00Z', databases: ['erlmcp'] };
    const ref = { ...anIncident, scenario: 'data-corruption', restore } as const;
    for (const outcome of ['planned', 'escalated'] as const) {
      expect(close(aRecord({ ref }), input({ outcome }), at)!.nextSteps!.join('\n')).toContain(
        'with {"scenario":"data-corruption","recoverTo":"2026-11-23T03:00:00Z","databases":["erlmcp"]}',
      );
    }
  });

  it("hands on the gate's own advice", () => {
    const record = close(aRecord(), input({ outcome: 'escalated', nextSteps: ['Mend the standby.'] }), at);
    expect(record!.nextSteps![0]).toBe('Mend the standby.');
  });

  it.each(['closed', 'escalated'] as const)('changes nothing when it is %s already', (state) => {
    expect(close(aRecord({ state }), input(), at)).toBeUndefined();
  });
});

describe('the answer', () => {
  const closed = (changes: Parameters<typeof aRecord>[0] = {}) =>
    outputOf(close(aRecord(changes), input(), at)!, input());

  it('measures from the last time the service was seen well', () => {
    expect(closed({ lastGoodAt: '2026-11-23T03:58:00.000Z' })).toEqual({
      outcome: 'recovered',
      severity: 'P0',
      recoverySeconds: 432,
      withinRto: true,
      summary: 'The standby serves.',
    });
  });

  it('measures from the start when that is unknown', () => {
    expect(closed().recoverySeconds).toBe(300);
  });

  it('says when the RTO was missed', () => {
    expect(closed({ lastGoodAt: '2026-11-23T03:05:11.000Z' })).toMatchObject({
      recoverySeconds: 3_601,
      withinRto: false,
    });
  });

  it('is never within the RTO when a person must take over, and tells the whole story', () => {
    const escalated = input({ outcome: 'escalated' });
    const output = outputOf(close(aRecord(), escalated, at)!, escalated);
    expect(output).toMatchObject({ outcome: 'escalated', withinRto: false });
    expect(output.summary).toMatch(/^The standby serves\.\nChanged:\n- nothing\nNot changed:\n- scale-nodes/);
  });

  it('is what stands on the record, not what a later call claims', () => {
    const record = close(aRecord(), input({ outcome: 'escalated', summary: 'Step check-dns failed.' }), at)!;
    const later = outputOf(record, input({ outcome: 'escalated', summary: 'The runbook did not finish.' }));
    expect(later.summary).toContain('Step check-dns failed.');
    expect(later.summary).not.toContain('did not finish');
  });
});

describe('what Step Functions caught', () => {
  const lambda = '{"errorType":"UnsafePlan","errorMessage":"14 records, limit 10","trace":["at x"]}';
  it.each([
    ['a function that threw', 'UnsafePlan', lambda, 'UnsafePlan: 14 records, limit 10'],
    ['a gate', 'GaveUp', '2 of 3 replicas are ready', 'GaveUp: 2 of 3 replicas are ready'],
    ['a timeout without a cause', 'States.Timeout', '', 'States.Timeout'],
    [
      'a child execution',
      'States.TaskFailed',
      JSON.stringify({ Status: 'FAILED', Error: 'Escalated', Cause: 'the standby is not fit' }),
      'Escalated: the standby is not fit',
    ],
    [
      'a child execution that died of a function',
      'States.TaskFailed',
      JSON.stringify({ Status: 'FAILED', Error: 'UnsafePlan', Cause: lambda }),
      'UnsafePlan: 14 records, limit 10',
    ],
    [
      'a child execution that was stopped',
      'States.TaskFailed',
      JSON.stringify({ Status: 'ABORTED', Name: 'x' }),
      'States.TaskFailed: the execution is ABORTED',
    ],
    ['JSON that is no object', 'E', 'null', 'E: null'],
  ])('is one sentence: %s', (_, error, cause, sentence) => {
    expect(describeFailure({ error, cause })).toBe(sentence);
  });

  it('is text of a bearable length, whatever it is', () => {
    const cause = fc.oneof(fc.string(), fc.json(), fc.constant('x'.repeat(30_000)));
    fc.assert(
      fc.property(fc.string(), cause, (error, text) => {
        expect(describeFailure({ error, cause: text }).length).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});
