import type { IncidentRef, Scenario, Severity } from '../incident/contract.ts';

/** The words of notices. Pure. */

export const severityWords: Readonly<Record<Severity, string>> = {
  P0: 'critical, complete failure',
  P1: 'high, major function lost',
  P2: 'medium, reduced function',
  P3: 'low, minor',
};

interface ScenarioWords {
  readonly name: string;
  readonly affected: string;
  readonly issue: string;
  readonly impact: string;
  readonly plan: string;
  readonly restored: string;
  /** For customers: what is being done, and what was done. */
  readonly promise: string;
  readonly remedy: string;
}

export const scenarioWords: Readonly<Record<Scenario, ScenarioWords>> = {
  'site-failure': {
    name: 'site failure',
    affected: 'the primary site',
    issue: 'The primary site appears to be lost.',
    impact: 'may get errors or no answer until the traffic is on the standby site.',
    plan:
      'Confirm the failure from independent vantage points, check that the standby is fit, scale it up, ' +
      'move DNS to it, and verify the service as a user would.',
    restored: 'served by the standby site',
    promise: 'We are moving the service to our second site.',
    remedy: 'We have moved the service to our second site.',
  },
};

/** `2026-11-23 04:00:12 UTC`. */
export function moment(time: string | number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `45 s`, `3 min 12 s`, `1 h 5 min`; the largest two units that matter to a person. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  if (m > 0) return s > 0 ? `${m} min ${s} s` : `${m} min`;
  return `${s} s`;
}

/** How the clock stands against the RTO. */
export function againstRto({ startedAt, deadline, rtoSeconds }: IncidentRef, now: number): string {
  const elapsed = duration((now - Date.parse(startedAt)) / 1_000);
  const left = (Date.parse(deadline) - now) / 1_000;
  return left >= 0
    ? `${elapsed} of the ${duration(rtoSeconds)} RTO are over, ${duration(left)} are left (until ${moment(deadline)})`
    : `${elapsed} are over: the RTO of ${duration(rtoSeconds)} was missed ${duration(-left)} ago`;
}

/** A text of titled sections, in the order of the templates; one without content is left out. */
export function sections(
  ...parts: readonly (readonly [title: string, content: string | readonly string[]])[]
): string {
  return parts
    .flatMap(([title, content]) => {
      if (typeof content === 'string') return content === '' ? [] : [`${title}:\n${content}`];
      return content.length === 0 ? [] : [`${title}:\n${content.map((line) => `- ${line}`).join('\n')}`];
    })
    .join('\n\n');
}
