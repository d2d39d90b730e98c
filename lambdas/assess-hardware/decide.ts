import type { Mode } from '../incident/contract.ts';
import type { HardwarePlan, Survey } from '../workloads/contract.ts';
import type { Output, Settings } from './contract.ts';
import { databaseCheck, viewDatabase, type DatabaseSight, type DatabaseView } from './databases.ts';
import { viewNodes, type GroupSight, type NodesView } from './nodes.ts';
import { listOf } from './words.ts';

export interface Observations {
  readonly survey: Survey;
  readonly groups: readonly GroupSight[];
  readonly databases: readonly DatabaseSight[];
}

type Limits = Pick<Settings, 'nodeGraceSeconds' | 'maxReplaced' | 'reboot' | 'approvalSeconds'>;

/** Between two looks at what may mend itself. Seconds. */
const betweenLooks = 30;

/**
 * Go, ask a person, wait, or stop.
 *
 * What a person must mend stops everything, even what could be done beside it: a database that is gone while nodes
 * are replaced is half a recovery that says it is a whole one. What may mend itself is waited for. A plan asks nobody
 * and waits for nothing: it says that a live run would.
 */
export function assessHardware(observed: Observations, limits: Limits, mode: Mode): Output {
  const { survey } = observed;
  const nodes = viewNodes(survey, observed.groups, limits.nodeGraceSeconds);
  const databases = observed.databases.map(viewDatabase);
  const of = (verdict: DatabaseView['verdict']) => databases.filter((each) => each.verdict === verdict);
  const plan: HardwarePlan = {
    site: survey.site,
    replace: nodes.replace,
    groups: nodes.groups,
    reboot: of('reboot').map(({ database }) => database),
  };
  const troubles = [
    ...nodes.sentences,
    ...databases.filter(({ verdict }) => verdict !== 'there').map(({ evidence }) => evidence),
  ];
  const said = troubles.join('; ');
  const output = (part: Pick<Output, 'verdict' | 'reason'> & Partial<Output>): Output => ({
    question: '',
    nextSteps: [],
    approvalSeconds: limits.approvalSeconds,
    waitSeconds: 0,
    checks: [...nodes.checks, ...databases.map(databaseCheck)],
    plan,
    ...part,
  });

  const stops = [
    ...nodes.stops,
    ...of('stop').map(({ evidence, nextSteps }) => ({ reason: evidence, nextSteps })),
  ];
  if (stops.length > 0) {
    return output({
      verdict: 'stop',
      reason: [...new Set([...stops.map(({ reason }) => reason), ...nodes.sentences])].join('; '),
      nextSteps: [...new Set(stops.flatMap(({ nextSteps }) => nextSteps))],
      plan: { ...plan, replace: [], groups: [], reboot: [] },
    });
  }

  const wait = waitOf(nodes, of('wait'));
  if (wait !== null) {
    if (mode === 'plan') {
      return output({
        verdict: 'go',
        reason: `plan: a live run would look again in ${wait} s: ${said}`,
        plan: { ...plan, replace: [], reboot: [] },
      });
    }
    return output({
      verdict: 'wait',
      reason: said,
      waitSeconds: wait,
      nextSteps: [
        'What was missing has neither come back nor was it known to be gone for good: look at it yourself.',
        'If it stays so, start incident again with {"scenario":"hardware-failure"}.',
      ],
    });
  }

  const reboots = of('reboot');
  const tooMany = plan.replace.length > limits.maxReplaced;
  if (tooMany || (reboots.length > 0 && limits.reboot === 'person')) {
    if (mode === 'plan') {
      return output({ verdict: 'go', reason: `plan: a live run would ask a person: ${said}` });
    }
    return output({
      verdict: 'ask',
      reason: said,
      question: questionOf(plan, reboots, observed.survey, tooMany ? limits.maxReplaced : null),
    });
  }
  if (plan.replace.length + plan.groups.length + plan.reboot.length > 0) {
    return output({ verdict: 'go', reason: said });
  }

  const refusing = of('refuses');
  if (refusing.length + nodes.foreign.length > 0) {
    return output({
      verdict: 'stop',
      reason: said,
      nextSteps: [
        ...(nodes.foreign.length > 0
          ? [
              'Something else provides these nodes, and must replace them: Karpenter, Fargate, or a node group that ' +
                `sites.${survey.site}.nodeGroups of the environment does not name.`,
            ]
          : []),
        ...new Set(refusing.flatMap(({ nextSteps }) => nextSteps)),
      ],
    });
  }
  return output({
    verdict: 'sound',
    reason: soundReason(observed, nodes),
    nextSteps: [
      'If pods are not ready all the same, start incident with {"scenario":"application-failure"}.',
      'A node that is slow or wrong without being silent is yours to judge: drain it, and end its instance.',
    ],
  });
}

/** Seconds; null when there is nothing to wait for. */
function waitOf(nodes: NodesView, databases: readonly DatabaseView[]): number | null {
  if (databases.length > 0) return betweenLooks;
  return nodes.waitSeconds;
}

function questionOf(
  { replace }: HardwarePlan,
  reboots: readonly DatabaseView[],
  { site, nodes }: Survey,
  limit: number | null,
): string {
  const parts: string[] = [];
  if (replace.length > 0) {
    const names = listOf(replace.map(({ node, instanceId, group }) => `${node} (${instanceId} of ${group})`));
    const total = nodes?.length ?? 0;
    parts.push(
      `End the machines of ${replace.length} of the ${total} nodes of the ${site}, for others to take their place: ` +
        `${names}?${limit === null ? '' : ` More than ${limit} are replaced by a person's word only.`}`,
    );
  }
  if (reboots.length > 0) {
    const names = listOf(reboots.map(({ database }) => database));
    const pending = reboots.flatMap((each) => each.pending.map((what) => `${what} of ${each.database}`));
    parts.push(
      `Restart ${names} in another zone? Connections are cut, and nobody can use ${reboots.length === 1 ? 'it' : 'them'} ` +
        'for one to two minutes (Aurora: about half a minute); nothing that was committed is lost.' +
        (pending.length > 0 ? ` It applies, too: ${listOf(pending)}.` : ''),
      ...reboots.map(({ evidence }) => `${evidence}.`),
    );
  }
  return parts.join(' ');
}

function soundReason({ groups, databases }: Observations, { sentences }: NodesView): string {
  const parts = [
    groups.length === 0
      ? 'the environment names no node groups of this site'
      : `all nodes of ${listOf(groups.map(({ target }) => target.name))} are there`,
    databases.length === 0
      ? 'it has no databases'
      : `${listOf(databases.map(({ database }) => database))} ${databases.length === 1 ? 'answers' : 'answer'}`,
  ];
  return [...parts, ...sentences].join('; ');
}
