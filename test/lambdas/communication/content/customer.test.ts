import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Content } from '../../../../lambdas/communication/contract.ts';
import { emailHtml } from '../../../../lambdas/communication/render/email-html.ts';
import { smsText } from '../../../../lambdas/communication/render/sms.ts';
import type { IncidentRecord } from '../../../../lambdas/incident/contract.ts';
import { aRecord } from '../../bucket.ts';
import {
  after,
  customers,
  incidentOf,
  kinds,
  minute,
  openRecord,
  part,
  scenarios,
  start,
  text,
  timeline,
  told,
} from './news.ts';

const to = 'customers-standard';
const all = (content: Content) => `${content.subject}\n${content.short}\n${text(content)}`;
/** Words that only those inside understand, or need not know. */
const inside =
  /lifeboat|alarm|standby|primary|replica|promot|failover|lease|fence|writer|node|workload|pod|cluster|kube|ledger|execution|runbook|gate|approv|npm run|arn:|RPO|RTO|DNS|on call|us-|eu-central/i;

describe.each(customers)('%s', (audience) => {
  it.each(scenarios.flatMap((scenario) => kinds.map((kind) => [scenario, kind] as const)))(
    'reads nothing from inside of %s, %s',
    (scenario, kind) => {
      for (const confirmed of [true, false]) {
        const { confirmedAt, ...record } = openRecord({ ref: incidentOf(scenario) });
        const content = told(kind, audience, {
          incident: incidentOf(scenario),
          record: confirmed ? { ...record, confirmedAt: confirmedAt ?? '' } : record,
          since: after(0.5),
          detail: 'the lease of erlmcp-prod is held by the standby',
          percent: 50,
          acknowledgeUrl: 'https://call.example/',
          reportUrl: 'https://report.example/',
        });
        expect(all(content)).not.toMatch(inside);
        expect(content.links).toEqual([]);
      }
    },
  );
});

it('customers never read what only the record knows, whatever is on it', () => {
  // Marked, so that it is found wherever it comes out; the time is in the form of every time on a record.
  const secret = fc
    .string({ minLength: 1, maxLength: 40 })
    .map((words) => `INSIDE ${words} oncall@company.com`);
  const at = fc.integer({ min: -60, max: 2_000 }).map(after);
  const actor = fc.constantFrom(
    'assess-primary',
    'scale-nodes',
    'swap-database',
    'run-tests',
    'INSIDE person',
  );
  const status = fc.constantFrom('changed', 'already-there', 'refused', 'planned');
  const records = fc.record(
    {
      startedBy: secret,
      summary: secret,
      confirmedAt: at,
      closedAt: at,
      lastGoodAt: at,
      changed: fc.array(secret),
      unchanged: fc.array(secret),
      nextSteps: fc.array(secret),
      timeline: fc.array(fc.record({ at, actor, event: secret, detail: secret })),
      steps: fc.array(fc.record({ step: secret, status, summary: secret, before: secret, after: secret })),
      checks: fc.array(
        fc.record({ name: secret, held: fc.constantFrom(true, false, 'unknown'), evidence: secret }),
      ),
      notes: fc.array(fc.record({ at, by: secret, text: secret, via: secret })),
      acknowledged: fc.record({ at, by: secret, via: secret }),
      pending: fc.array(fc.record({ gate: secret, question: secret, askedAt: at, expiresAt: at })),
      joined: fc.array(secret),
      preImages: fc.dictionary(secret, secret),
    },
    { requiredKeys: [] },
  );
  const pieces = fc.record({
    kind: fc.constantFrom(...kinds),
    audience: fc.constantFrom(...customers),
    scenario: fc.constantFrom(...scenarios),
    recorded: fc.boolean(),
    members: records,
    now: fc.integer({ min: start - minute, max: start + 2_000 * minute }),
    since: fc.option(at, { nil: undefined }),
    words: secret,
  });
  fc.assert(
    fc.property(pieces, ({ kind, audience, scenario, recorded, members, now, since, words }) => {
      const incident = incidentOf(scenario, { startedBy: words });
      const content = told(kind, audience, {
        incident,
        record: recorded ? aRecord({ ...members, ref: incident } as Partial<IncidentRecord>) : null,
        now,
        detail: words,
        asked: { gate: words, question: words, evidence: words, askedAt: after(1), expiresAt: after(2) },
        acknowledgeUrl: 'https://call.example/INSIDE',
        reportUrl: 'https://report.example/INSIDE',
        ...(since === undefined ? {} : { since }),
      });
      for (const shown of [all(content), smsText(content), emailHtml(content)]) {
        expect(shown).not.toMatch(/INSIDE|oncall@|assess-|scale-|swap-|run-tests|https?:/);
        expect(shown).not.toMatch(/undefined|NaN|Invalid Date|\[object/);
      }
    }),
    { numRuns: 500 },
  );
});

describe('before the failure is confirmed', () => {
  const record = aRecord({ timeline });

  it.each(scenarios)('it is looked into, and never certain: %s', (scenario) => {
    for (const kind of ['opened', 'update'] as const) {
      const content = told(kind, to, { incident: incidentOf(scenario), record, since: after(1) });
      expect(content.subject).toContain('erlmcp: possible problem');
      expect(part(content, 'Issue')).toBe('We are looking into a possible problem with erlmcp.');
      expect(part(content, 'Impact')).toMatch(/^If it is real: /);
      expect(part(content, 'Severity')).toBe('P0, not confirmed');
      expect(part(content, 'Current status')).toMatch(/ago\. We are confirming it\.$/);
      expect(part(content, 'Next steps')).toMatch(/^We find out whether it is real\./);
      expect(part(content, 'Estimated time to resolution')).toMatch(/^If it is real, our target/);
      expect(all(content)).not.toMatch(/is interrupted|has a problem|complete failure|restoring/);
    }
  });

  it('an escalation says honestly that nobody could say', () => {
    const content = told('escalation', to, { record });
    expect(part(content, 'Current status')).toBe(
      'Our automatic checks could not say for 15 min whether there is a problem. Our engineers are looking into it.',
    );
    expect(all(content)).not.toMatch(/is interrupted|restoring the service by hand/);
  });

  it('does not blame the service when it takes long to find out', () => {
    const content = told('update', to, { record, now: start + 90 * minute });
    expect(part(content, 'Estimated time to resolution')).toBe(
      'It takes us longer than we want to find out. We are working on it.',
    );
  });

  it('what is over without a change was not restored', () => {
    const closed = { ...record, state: 'closed', outcome: 'recovered', closedAt: after(9) } as const;
    const content = told('recovered', to, { record: closed });
    expect(content.subject).toBe('erlmcp: possible problem is over');
    expect(part(content, 'Resolution')).toContain('could not be confirmed');
    expect(part(content, 'Actions taken')).toBe('We have looked into it. Nothing had to be changed.');
    expect(all(content)).not.toMatch(/service restored|We have (moved|restored|restarted|replaced)/);
  });
});

it('when nobody can look it up, nothing is claimed in either direction', () => {
  for (const kind of ['opened', 'update', 'escalation'] as const) {
    const content = told(kind, to, { record: null });
    expect(part(content, 'Issue')).toBe('We are working on a problem that was reported with erlmcp.');
    expect(all(content)).not.toMatch(/is interrupted|could not say|possible/);
  }
});

describe('once it is confirmed', () => {
  it('the first word says what is wrong, what is done and until when', () => {
    const content = told('opened', to, { now: start + 2 * minute });
    expect(content.subject).toBe('erlmcp: service interruption');
    expect(part(content, 'Issue')).toBe('erlmcp is interrupted.');
    expect(part(content, 'Severity')).toBe('P0 (critical, complete failure)');
    expect(part(content, 'Next steps')).toBe('We are moving the service to our second site.');
    expect(part(content, 'Estimated time to resolution')).toBe(
      'Our target is to have the service restored by 2026-11-23 05:00:12 UTC.',
    );
    expect(part(content, 'Next update')).toBe(
      'We will write again at 2026-11-23 04:30:12 UTC, or when it is over.',
    );
    expect(part(content, 'Contact')).toBe('Support, support@company.com');
  });

  it('an update says what has changed for them, and how long it has lasted', () => {
    const content = told('update', to, { since: after(0.5) });
    expect(content.subject).toBe('erlmcp: service interruption, update');
    expect(part(content, 'Since our last message')).toBe(
      [
        'We have confirmed that the problem is real.',
        'Done: finding out what is wrong.',
        'Done: making sure that our second site can take over.',
      ].join('\n'),
    );
    expect(part(content, 'Current status')).toBe(
      'The interruption has lasted for 15 min. We are getting our second site ready.',
    );
    expect(part(content, 'Next steps')).toBe('After that, we will be moving the service to our second site.');
    expect(content.unchanged).toBe(false);
  });

  it('an update says in one sentence that nothing has changed for them, though steps were taken', () => {
    const more = { at: after(12), actor: 'promote-database', event: 'changed: began promoting' };
    const content = told('update', to, {
      since: after(4),
      record: openRecord({ timeline: [...timeline, more] }),
    });
    expect(content.unchanged).toBe(true);
    expect(part(content, 'Since our last message')).toBe(
      'Nothing has changed since 2026-11-23 04:04:12 UTC.',
    );
    expect(part(content, 'Current status')).toMatch(/^The interruption has lasted for 15 min\./);
    expect(part(content, 'Next update')).toMatch(/^We will write again/);
  });

  it('it is admitted that the target is missed', () => {
    expect(part(told('update', to, { now: start + 70 * minute }), 'Estimated time to resolution')).toBe(
      'It takes longer than our target. We are working on it without pause.',
    );
  });

  it('an escalation says that people have taken over, and that silence is not forgetting', () => {
    const content = told('escalation', to, { nextUpdateAt: null });
    expect(content.subject).toBe('erlmcp: service interruption, update');
    expect(part(content, 'Current status')).toContain('Our engineers are restoring the service by hand.');
    expect(part(content, 'Next steps')).toBe('Our engineers have taken over from the automatic recovery.');
    expect(part(content, 'Next update')).toMatch(/^Our engineers write to you from here on\./);
  });

  it('damaged data are told as what they may see and have lost', () => {
    const given = { incident: incidentOf('data-corruption') };
    const steps = [{ step: 'swap-database', status: 'changed', summary: '', before: 0, after: 1 }] as const;
    expect(part(told('opened', to, given), 'Impact')).toMatch(/^You may see wrong or missing data/);
    const recovered = told('recovered', to, { ...given, record: openRecord({ steps }) });
    expect(recovered.subject).toBe('erlmcp: service restored');
    expect(part(recovered, 'Actions taken')).toContain(
      'What was entered between that point and the restore may be missing',
    );
  });
});
