import type { BlastRadius, PlanTotals } from '../configuration/contract.ts';
import { duration, moment } from '../incident/time-words.ts';
import type { Input, Output } from './contract.ts';

type Decision = Omit<Output, 'approvalSeconds'>;

/** Of so few objects any share is large: the share counts from more changes than this. */
const few = 20;

/**
 * Whether the plan may go ahead.
 *
 * A person is asked when changes beyond the RPO would be lost, or it is not known how many; when more would be
 * written or deleted than the environment allows; and when part of it cannot be restored. A plan that changes nothing
 * is no recovery: what is wrong is older than the recovery point, or somewhere else.
 */
export function decide(
  { incident, plan, lossSeconds, resumed, buckets, cluster }: Input,
  limits: BlastRadius,
  always: boolean,
): Decision {
  const totals = buckets.map((each) => each.totals);
  const sum = (of: (one: PlanTotals) => number) => totals.reduce((all, one) => all + of(one), 0);
  const written =
    sum(({ bringBack, overwrite }) => bringBack.objects + overwrite.objects) +
    (cluster ? cluster.totals.bringBack.length + cluster.totals.overwrite.length : 0);
  const removed = sum(({ remove }) => remove.objects) + (cluster?.totals.remove.length ?? 0);
  const unchanged = sum((one) => one.unchanged.objects) + (cluster?.totals.unchanged ?? 0);
  const problems = [
    ...buckets.flatMap((each) =>
      each.problems.map(({ key, problem }) => `${each.bucket}/${key}: ${problem}`),
    ),
    ...(cluster?.totals.problems ?? []).map(({ key, problem }) => `${key}: ${problem}`),
  ];
  const problemCount = sum((one) => one.problems) + (cluster?.totals.problems.length ?? 0);
  const changes = written + removed;
  const percent = changes === 0 ? 0 : Math.round((100 * changes) / (changes + unchanged));
  const summaries = [...buckets.map(({ summary }) => summary), ...(cluster ? [cluster.summary] : [])];
  const to = moment(plan.recoveryPoint);
  const said = `to ${to}: ${summaries.join('; ')}`;

  if (changes === 0 && problemCount === 0 && !resumed) {
    return {
      decision: 'nothing',
      reason: `all is as it was at ${to}: what is wrong is older, or it is not the configuration. Nothing was changed.`,
      question: '',
      nextSteps: [
        'Find out when the configuration was right, and start incident again with that time: ' +
          '{"scenario":"configuration-loss","recoverTo":"…"}.',
        'If the workloads themselves are unhealthy, start incident with {"scenario":"application-failure"}.',
      ],
    };
  }
  const doubts = [
    ...(always ? ['this environment asks before every restore'] : []),
    ...(lossSeconds === null
      ? ['it is not known how many changes are lost']
      : lossSeconds > incident.rpoSeconds
        ? [
            `changes of ${duration(lossSeconds)} before the failure are lost, more than the RPO of ` +
              duration(incident.rpoSeconds),
          ]
        : []),
    ...(changes > limits.objects
      ? [`${changes} objects would be written or deleted, more than ${limits.objects}`]
      : []),
    ...(changes > few && percent > limits.percent
      ? [`${percent} % of all objects would be written or deleted, more than ${limits.percent} %`]
      : []),
    ...(removed > limits.deletions
      ? [`${removed} objects would be deleted, more than ${limits.deletions}`]
      : []),
    ...(problemCount > 0
      ? [
          `${problemCount} objects cannot be restored (${problems.slice(0, 3).join('; ')}${problemCount > 3 ? '; …' : ''})`,
        ]
      : []),
  ];
  if (doubts.length === 0) {
    return { decision: 'go', reason: `restores ${said}`, question: '', nextSteps: [] };
  }
  if (changes === 0 && problemCount > 0 && !resumed) {
    return {
      decision: 'stop',
      reason: `nothing can be restored ${said}. ${doubts.join('; ')}. Nothing was changed.`,
      question: '',
      nextSteps: [
        `restores/${plan.id}/ on the ledger lists what cannot be restored and why.`,
        'Bring those objects back from where they are made, or mend what stands in the way and start incident again.',
      ],
    };
  }
  return {
    decision: 'ask',
    reason: `restores ${said}; but ${doubts.join('; ')}`,
    question: `Restore the configuration of the ${plan.site} ${said}? ${sentence(doubts.join('; '))}.`,
    nextSteps: [],
  };
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
