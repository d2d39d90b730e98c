import type { LeaseTerms } from '../database/contract.ts';
import { duration } from '../incident/time-words.ts';
import { wavesOf } from '../incident/waves.ts';
import type { Check, Mode, Severity } from '../incident/contract.ts';
import type { DatabaseLoss } from '../measure-loss/contract.ts';
import type { Output } from './contract.ts';

export interface Circumstances {
  readonly losses: readonly DatabaseLoss[];
  /** What the gate needs to know of each database of the environment. */
  readonly databases: readonly {
    readonly name: string;
    readonly after: readonly string[];
    readonly lease?: LeaseTerms;
  }[];
  readonly severity: Severity;
  readonly rpoSeconds: number;
  readonly approval: 'person' | 'waived';
  readonly approvalSeconds: number;
  readonly mode: Mode;
}

/**
 * The gate before the one-way door: go, ask a person, or stop.
 *
 * A promotion cannot be undone, so a person says the word, unless the environment waives it in writing and
 * nothing speaks against it: the loss is known and within the RPO, the copy is known to be fit, and a lease
 * fences the primary without its help. What was begun already is gone on with, whatever was lost: its door is
 * behind us, and a standby without a database helps nobody.
 *
 * A plan never asks; it says what a live run would ask.
 */
export function decidePromotion(circumstances: Circumstances): Output {
  const { losses, databases, mode, approvalSeconds } = circumstances;
  const pending = losses.filter(({ by }) => by !== 'promoted');
  const output = { approvalSeconds, question: '', nextSteps: [], waves: [] } as const;
  if (pending.length === 0) {
    const reason =
      losses.length === 0
        ? 'the environment has no database to promote'
        : `every database is promoted already: ${namesOf(losses)}`;
    return { ...output, decision: 'none', reason, checks: [] };
  }

  const checks = pending.flatMap((loss) => checksOf(loss, circumstances));
  const unfit = pending.filter(({ fit }) => fit === false);
  if (unfit.length > 0) {
    return {
      ...output,
      decision: 'stop',
      reason: `not every database of the standby can take over: ${unfit.map(describe).join('; ')}`,
      checks,
      nextSteps: [
        ...unfit.map(({ database, evidence }) => `Mend the standby's copy of ${database}: ${evidence}.`),
        'Then start incident again: it measures anew. Do not promote by hand while the primary may write.',
      ],
    };
  }

  const waves = wavesOf(
    pending.map((loss) => ({
      loss,
      name: loss.database,
      after: databases.find(({ name }) => name === loss.database)?.after ?? [],
    })),
  ).map((wave) => wave.map(({ loss }) => loss));
  const open = checks.filter(({ held }) => held !== true);
  if (open.length === 0) {
    return { ...output, decision: 'go', reason: goReason(pending), checks, waves };
  }
  const why = open.map(({ evidence }) => evidence).join('; ');
  if (mode === 'plan') {
    return {
      ...output,
      decision: 'go',
      reason: `plan: a live run would ask a person before it promotes ${namesOf(pending)}: ${why}`,
      checks,
      waves,
    };
  }
  return {
    ...output,
    decision: 'ask',
    reason: `a person must say whether to promote ${namesOf(pending)}: ${why}`,
    question: questionOf(pending, circumstances),
    checks,
    waves,
  };
}

/** What must all hold for a database to be promoted without asking. */
function checksOf(loss: DatabaseLoss, circumstances: Circumstances): readonly Check[] {
  const { database, lossSeconds, fit, evidence } = loss;
  const { approval, severity, rpoSeconds } = circumstances;
  if (loss.resumed) {
    const begun = `the promotion of ${database} has begun, and cannot be undone`;
    return [{ name: `promotion/${database}/begun`, held: true, evidence: begun }];
  }
  const lease = circumstances.databases.find(({ name }) => name === database)?.lease;
  return [
    { name: `promotion/${database}/fit`, held: fit, evidence: `${database}: ${evidence}` },
    {
      name: `promotion/${database}/loss`,
      held: lossSeconds === null ? 'unknown' : lossSeconds <= rpoSeconds,
      evidence:
        lossSeconds === null
          ? `it is not known what ${database} would lose, and the RPO is ${rpoSeconds} s`
          : `${database} would lose ${lossSeconds} s of its writes, the RPO is ${rpoSeconds} s`,
    },
    {
      name: `promotion/${database}/lease`,
      held: lease !== undefined,
      evidence: lease
        ? `the writers of ${database} keep to a lease of ${lease.ttlSeconds} s`
        : `${database} has no lease: nothing keeps the old primary from writing`,
    },
    {
      name: `promotion/${database}/approval`,
      held: approval === 'waived',
      evidence:
        approval === 'waived'
          ? `the environment waives the approval of ${severity}`
          : `the environment wants a person's word for ${severity}`,
    },
  ];
}

/** All that a person needs to say yes or no, who was asleep a minute ago. */
function questionOf(
  losses: readonly DatabaseLoss[],
  { databases, severity, rpoSeconds, approvalSeconds }: Circumstances,
): string {
  const unfenced = losses
    .map(({ database }) => database)
    .filter((database) => !databases.find(({ name }) => name === database)?.lease);
  return [
    `Shall the standby's databases take over? A ${severity} incident may lose ${duration(rpoSeconds)} of writes.`,
    ...losses.map((loss) => `- ${describe(loss)}; ${lostBy(loss)}.`),
    'This is a one-way door: what the standby does not have is lost to its users, a promoted replica never ' +
      'follows its source again, and the old primary must be rebuilt as a new replica.',
    ...(unfenced.length > 0
      ? [
          `Nothing keeps the old primary of ${unfenced.join(', ')} from writing: make sure that its writers are ` +
            'stopped before you say yes.',
        ]
      : []),
    `If nobody answers within ${duration(approvalSeconds)}, nothing is promoted and the traffic stays where it is.`,
  ].join('\n');
}

const ways: Readonly<Record<DatabaseLoss['by'], string>> = {
  'promote-replica': 'its replica would be promoted',
  'failover-global': 'its global cluster would fail over, and may lose data',
  'switchover-global': 'its global cluster would switch over, and loses nothing',
  'restore-backups': 'it would be restored from the copied backups',
  promoted: 'it is promoted already',
};

function describe({ database, by, evidence }: DatabaseLoss): string {
  return `${database}: ${ways[by]} (${evidence})`;
}

function lostBy({ lossSeconds, lagSeconds }: DatabaseLoss): string {
  const loss = lossSeconds === null ? 'the loss is NOT KNOWN' : `${lossSeconds} s of writes would be lost`;
  return `${loss}, ${lagSeconds === null ? 'lag not known' : `lag ${lagSeconds} s`}`;
}

function goReason(losses: readonly DatabaseLoss[]): string {
  return losses
    .map(({ database, by, resumed, lossSeconds }) =>
      resumed
        ? `the promotion of ${database} goes on`
        : `${database}: ${ways[by]}, losing ${lossSeconds ?? 'nobody knows how many'} s, within the RPO`,
    )
    .join('; ');
}

function namesOf(losses: readonly DatabaseLoss[]): string {
  return losses.map(({ database }) => database).join(', ');
}
