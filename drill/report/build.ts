import type { IncidentRecord } from '../../lambdas/incident/contract.ts';
import type { RecordAnswer } from '../world/dns-view.ts';
import type { World } from '../world/world.ts';
import type { DrillReport } from './contract.ts';
import { inboxesOf } from './inboxes.ts';
import { noticeTexts } from './notice-texts.ts';
import { instant, phases } from './phases.ts';

export interface Finished {
  readonly scenario: string;
  readonly mode: 'live' | 'plan';
  readonly world: World;
  readonly record: IncidentRecord | undefined;
  readonly outcome: DrillReport['outcome'];
  readonly rto: DrillReport['rto'];
  readonly rpo: DrillReport['rpo'];
  readonly data: DrillReport['data'];
  readonly checks: DrillReport['checks'];
  readonly before: readonly RecordAnswer[];
  readonly after: readonly RecordAnswer[];
  readonly endedAt: number;
}

/** Put together what `report.json` says, from the world, the ledger and the call log. */
export function buildReport(finished: Finished): DrillReport {
  const { world, record, scenario, mode, outcome, rto, rpo, data, checks, before, after, endedAt } = finished;
  const { environment, keeper } = world;
  const { marks } = keeper;
  const texts = noticeTexts(world);
  return {
    scenario,
    environment: environment.name,
    severity: record?.ref.severity ?? null,
    mode,
    outcome,
    passed: checks.every(({ held }) => held),
    incident: record?.ref.id ?? null,
    startedAt: instant(marks.damaged ?? endedAt),
    endedAt: instant(endedAt),
    rto,
    rpo,
    data,
    clock: phases(marks),
    timeline: timeline(world, record),
    checks: [...checks],
    notices: (record?.notices ?? []).map((notice) => {
      const text = notice.delivered ? texts(notice) : undefined;
      return { ...notice, ...(text === undefined ? {} : { text }) };
    }),
    inboxes: inboxesOf(world),
    dns: before.map(({ name, type, values }) => ({
      name,
      type,
      before: [...values],
      after: [...(after.find((each) => each.name === name && each.type === type)?.values ?? [])],
    })),
    steps: (record?.steps ?? []).map(({ step, status, summary }) => ({ step, status, summary })),
    calls: calls(world),
    permissions: {
      denied: world.cloud.iam.denied().map(({ role, action, resource }) => ({ role, action, resource })),
      unused: [...world.cloud.iam.unused()],
    },
  };
}

/** What the world saw since the damage and what the tasks wrote on the incident, in one order of time. */
function timeline(
  { happenings, keeper }: World,
  record: IncidentRecord | undefined,
): DrillReport['timeline'] {
  const seen = happenings
    .filter(({ at }) => at >= (keeper.marks.damaged ?? 0))
    .map(({ at, actor, event, detail }) => ({
      at: instant(at),
      actor,
      event,
      ...(detail === undefined ? {} : { detail }),
    }));
  const written = (record?.timeline ?? []).map(({ at, actor, event, detail }) => ({
    at,
    actor,
    event,
    ...(detail === undefined ? {} : { detail }),
  }));
  return [...seen, ...written].sort((a, b) => a.at.localeCompare(b.at));
}

/** Calls of the functions, by function and operation. */
function calls({ calls: made, cloud }: World): DrillReport['calls'] {
  const functionOf = new Map(cloud.lambda.functions().map(({ roleArn, name }) => [roleArn, name]));
  const counts = new Map<string, DrillReport['calls'][number]>();
  for (const { principal, service, operation } of made) {
    const name = functionOf.get(principal.arn);
    if (name === undefined) continue;
    const key = `${name} ${service} ${operation}`;
    const known = counts.get(key);
    counts.set(key, { function: name, service, operation, count: (known?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) =>
    `${a.function} ${a.service} ${a.operation}`.localeCompare(`${b.function} ${b.service} ${b.operation}`),
  );
}
