import type { IncidentRecord, Scenario } from '../../incident/contract.ts';
import { duration, moment } from '../../incident/time-words.ts';
import { latest } from '../content/facts.ts';

/** What an incident lost, as far as its record says. Pure. What nobody measured is unknown, and never nothing. */

/** A figure against its target. */
export interface Measure {
  readonly target: string;
  readonly value: string;
  readonly verdict: 'met' | 'missed' | 'unknown' | 'not measured';
  /** Where the figure comes from. */
  readonly explanation: readonly string[];
}

/** Of one database, or of the configuration. */
interface Loss {
  /** Null: unknown. */
  readonly seconds: number | null;
  readonly evidence: string;
}

/** Scenarios that take data back in time, or leave some behind. */
const losing: ReadonlySet<Scenario> = new Set(['site-failure', 'data-corruption', 'configuration-loss']);

export function dataLossOf(record: IncidentRecord): Measure {
  const { ref, timeline } = record;
  const target = duration(ref.rpoSeconds);
  const losses = lossesOf(record);
  const rows = timeline
    .filter(({ actor }) => actor === 'compare-writes')
    .map(({ event }) => event)
    .slice(-1);
  if (losses.length === 0) {
    const none = timeline.some(({ event }) => event === 'the environment has no databases');
    return {
      target,
      value: none ? 'no databases' : losing.has(ref.scenario) ? 'unknown' : 'not measured',
      verdict: none || !losing.has(ref.scenario) ? 'not measured' : 'unknown',
      explanation: none
        ? ['the environment has no databases']
        : losing.has(ref.scenario)
          ? ['nothing on the record measured it']
          : [
              `a recovery from ${ref.scenario} takes no data back in time; nothing measured whether any were lost`,
            ],
    };
  }
  const known = losses.flatMap(({ seconds }) => seconds ?? []);
  const most = Math.max(0, ...known);
  const isKnown = known.length === losses.length;
  return {
    target,
    value: isKnown ? duration(most) : known.length > 0 ? `unknown, at least ${duration(most)}` : 'unknown',
    // One that is past the RPO misses it, whatever is unknown of the others.
    verdict: most > ref.rpoSeconds ? 'missed' : isKnown ? 'met' : 'unknown',
    explanation: [...losses.map(({ evidence }) => evidence), ...rows, ...measuredAt(record)],
  };
}

/** By whoever knew last: what was done, else what was decided upon, else what was measured. */
function lossesOf(record: IncidentRecord): readonly Loss[] {
  switch (record.ref.scenario) {
    case 'site-failure':
      return ofPromotions(record);
    case 'data-corruption':
      return ofRestores(record);
    case 'configuration-loss':
      return ofConfiguration(record);
    default:
      return [];
  }
}

/** Of a database by the gate before its promotion, else by what measured it. */
function ofPromotions({ checks }: IncidentRecord): readonly Loss[] {
  const seen = latest(checks);
  const named = (pattern: RegExp) =>
    new Map(
      seen.flatMap((check) => {
        const database = pattern.exec(check.name)?.[1];
        return database === undefined ? [] : [[database, check] as const];
      }),
    );
  const all = new Map([...named(/^loss\/(.+)$/), ...named(/^promotion\/(.+)\/loss$/)]);
  return [...all.values()].map(({ evidence }) => ({ seconds: secondsIn(evidence), evidence }));
}

function secondsIn(evidence: string): number | null {
  const lost = /would lose (\d+(?:\.\d+)?) s\b/.exec(evidence)?.[1];
  if (lost !== undefined) return Number(lost);
  return evidence.includes('a switchover loses nothing') ? 0 : null;
}

/**
 * Of each restored database by the writes that were found in its copy, else from the time it went back to until its
 * restore began; a plan says it of what it would do.
 */
function ofRestores({ checks, timeline }: IncidentRecord): readonly Loss[] {
  const measured = latest(checks).filter(({ name }) => /^copy\/.+\/measured-loss$/.test(name));
  if (measured.length > 0 && measured.every(({ held }) => held !== 'unknown')) {
    return measured.map(({ name, evidence }) => ({
      seconds: numberIn(evidence, /^(\d+(?:\.\d+)?) s: acknowledged until /),
      evidence: `${name.split('/')[1] ?? ''}: ${evidence}`,
    }));
  }
  const finished = sentencesOf(timeline, 'finish-recovery', / is back from .+? as /);
  if (finished.length > 0) {
    return finished.map((evidence) => ({
      seconds: numberIn(evidence, /, (\d+) s before its restore began/),
      evidence,
    }));
  }
  return sentencesOf(
    timeline,
    'plan-restore',
    /restored to [^;]+; what was written in the \d+ s since is lost$/,
  ).map((evidence) => ({ seconds: numberIn(evidence, /written in the (\d+) s since is lost$/), evidence }));
}

/** What a task said last, in sentences; a sentence may have one semicolon of its own. */
function sentencesOf(timeline: IncidentRecord['timeline'], task: string, about: RegExp): readonly string[] {
  const last = timeline.findLast(({ actor }) => actor === task)?.event ?? '';
  const parts = last.replace(/^(go|ask|stop): /, '').split('; ');
  return parts.flatMap((part, index) => {
    const both = `${part}; ${parts[index + 1] ?? ''}`;
    return about.test(part) ? [part] : about.test(both) ? [both] : [];
  });
}

/** From the last test that passed to the first that failed. */
function ofConfiguration({ checks }: IncidentRecord): readonly Loss[] {
  const assessed = latest(checks).find(({ name }) => name === 'assess/the configuration');
  if (!assessed || assessed.held === true) return [];
  const { evidence } = assessed;
  const [, failing = '', passed = ''] =
    /fail since ([\d: -]+) UTC, and passed last at ([\d: -]+) UTC/.exec(evidence) ?? [];
  const seconds = (Date.parse(`${failing}Z`) - Date.parse(`${passed}Z`)) / 1_000;
  return [{ seconds: Number.isNaN(seconds) ? null : Math.max(0, seconds), evidence }];
}

function numberIn(evidence: string, pattern: RegExp): number | null {
  const found = pattern.exec(evidence)?.[1];
  return found === undefined ? null : Number(found);
}

/** A promotion's loss is what was measured before it, not what was found after it. */
function measuredAt({ ref, timeline }: IncidentRecord): readonly string[] {
  const last = timeline.findLast(({ actor }) => actor === 'measure-loss');
  return ref.scenario === 'site-failure' && last
    ? [`measured at ${moment(last.at)}, before the databases took over`]
    : [];
}
