import { describe, expect, it } from 'vitest';
import { emailHtml } from '../../../../lambdas/communication/render/email-html.ts';
import { escapeHtml } from '../../../../lambdas/communication/render/escape.ts';
import type { Scenario } from '../../../../lambdas/incident/contract.ts';
import {
  after,
  audiences,
  incidentOf,
  minute,
  openRecord,
  part,
  scenarios,
  start,
  text,
  told,
} from './news.ts';

/** The two templates: every field, whoever reads it and whatever has failed. */

const incidentFields = [
  ...['Incident ID', 'Severity', 'Start time', 'Affected systems', 'Issue', 'Impact'],
  ...['Current status', 'Next steps', 'Estimated time to resolution', 'Contact'],
];
const recoveryFields = [
  ...['Incident ID', 'Resolution time', 'Systems restored', 'Resolution', 'Actions taken'],
  ...['Verification', 'Next steps', 'Contact'],
];

const cases = scenarios.flatMap((scenario) => audiences.map((audience) => [scenario, audience] as const));

const openedRecord = (scenario: Scenario) =>
  openRecord({
    ref: incidentOf(scenario),
    timeline: [{ at: after(0), actor: 'alarm', event: 'the incident was opened' }],
  });

const recoveredRecord = (scenario: Scenario) =>
  openRecord({
    ref: incidentOf(scenario),
    state: 'closed',
    outcome: 'recovered',
    closedAt: after(40),
    summary: 'It is well.',
    lastGoodAt: after(-2),
    nextSteps: ['Find out why.'],
    steps: [{ step: 'switch-dns', status: 'changed', summary: 'moved the switch', before: 0, after: 1 }],
    checks: [{ name: 'verify/service', held: true, evidence: 'answered 200' }],
  });

describe.each(cases)('of %s, to %s', (scenario, audience) => {
  const opened = told('opened', audience, {
    incident: incidentOf(scenario),
    record: openedRecord(scenario),
    now: start,
  });
  const recovered = told('recovered', audience, {
    incident: incidentOf(scenario),
    record: recoveredRecord(scenario),
    now: start + 41 * minute,
    nextUpdateAt: null,
  });

  it.each(incidentFields)('the incident notification says: %s', (field) => {
    expect(part(opened, field)).toMatch(/\w{2}/);
    expect(text(opened)).toContain(`${field}:`);
    expect(emailHtml(opened)).toContain(escapeHtml(field));
  });

  it.each(recoveryFields)('the recovery notification says: %s', (field) => {
    expect(part(recovered, field)).toMatch(/\w{2}/);
    expect(text(recovered)).toContain(`${field}:`);
    expect(emailHtml(recovered)).toContain(escapeHtml(field));
  });

  it('has the facts of the incident, not of a sample', () => {
    expect(part(opened, 'Incident ID')).toBe('dev-20261123T040012');
    expect(part(opened, 'Start time')).toBe('2026-11-23 04:00:12 UTC');
    expect(part(opened, 'Estimated time to resolution')).toContain('2026-11-23 05:00:12 UTC');
    expect(part(opened, 'Affected systems')).toContain('erlmcp (erlmcp.company.com)');
    expect(part(recovered, 'Resolution time')).toBe('2026-11-23 04:40:12 UTC');
    expect(part(recovered, 'Systems restored')).toContain('erlmcp (erlmcp.company.com)');
    expect(opened.tone).toBe('trouble');
    expect(recovered.tone).toBe('recovered');
  });

  it('leaves no gap in its words', () => {
    for (const content of [opened, recovered]) {
      expect(`${content.subject}\n${content.short}\n${text(content)}`).not.toMatch(
        /undefined|null|NaN|Invalid|\[object|\{|\}| {2}|\.\./,
      );
    }
  });

  it('has every field of both when the ledger does not answer', () => {
    const given = { incident: incidentOf(scenario), record: null };
    for (const field of incidentFields) expect(part(told('opened', audience, given), field)).toMatch(/\w{2}/);
    for (const field of recoveryFields) {
      expect(part(told('recovered', audience, given), field)).toMatch(/\w{2}/);
    }
  });
});
