import type { Controls } from './control.ts';
import type { World } from './world.ts';

/** What a person can break in a world that is up, and how to mend it. */
export function worldControls(world: World): Controls {
  const { cloud } = world;
  const { slack } = world.inboxes;
  const actions: Record<string, () => Promise<void> | void> = {};
  for (const site of ['primary', 'standby'] as const) {
    actions[`${site}/lose`] = () => world.loseRegion(site);
    for (const mode of ['down', 'error', 'slow'] as const) {
      actions[`${site}/${mode}`] = () => world.breakSite(site, mode);
    }
    actions[`${site}/cut`] = () => {
      world.tell('world', `the functions cannot reach the ${site} site`, 'everybody else can');
      world.cut.add(site);
    };
    actions[`${site}/mend`] = () => world.mend(site);
  }
  actions['us-east-1/dark'] = () => {
    world.tell('world', 'us-east-1 is dark', 'its APIs answer nobody');
    cloud.dark.add('us-east-1');
  };
  actions['us-east-1/lit'] = () => {
    world.tell('world', 'us-east-1 is back');
    cloud.dark.delete('us-east-1');
  };
  actions['events/duplicate'] = () => {
    cloud.events.faults.duplicate = true;
  };
  actions['events/once'] = () => {
    cloud.events.faults.duplicate = false;
  };
  for (const database of world.databases?.all ?? []) {
    actions[`database/${database.name}/destroy-rows`] = async () => {
      const rows = await database.destroyRows();
      world.tell('world', 'a bad job runs', `${rows} rows of ${database.name} are gone`);
    };
  }
  if (slack) {
    actions['slack/down'] = () => slack.fail('down');
    actions['slack/up'] = () => slack.fail(null);
  }
  return { actions, state: () => state(world) };
}

/** Messages and executions that a person would still look at. */
const recent = 10;

function state({ clock, sites, cloud, client, environment, keeper, databases }: World): unknown {
  const executions = cloud.states.executions();
  const running = executions.filter(({ status }) => status === 'RUNNING');
  const over = executions.filter(({ status }) => status !== 'RUNNING').slice(-recent);
  return {
    time: new Date(clock.now()).toISOString(),
    environment: environment.name,
    sites: {
      primary: sites.primary.broken ?? 'well',
      standby: sites.standby.broken ?? 'well',
    },
    darkRegions: [...cloud.dark],
    clientServedBy: client.samples().at(-1)?.servedBy ?? null,
    marks: Object.fromEntries(
      Object.entries(keeper.marks).map(([name, at]) => [name, new Date(Number(at)).toISOString()]),
    ),
    databases: (databases?.all ?? []).map((database) => ({
      name: database.name,
      writesAcknowledged: database.acknowledged().length,
      applicationUses: {
        primary: database.serverOf('primary')?.name ?? null,
        standby: database.serverOf('standby')?.name ?? null,
      },
    })),
    executions: [...over, ...running].map(({ executionArn, status }) => ({ executionArn, status })),
    notices: cloud.notifications
      .messages()
      .slice(-recent)
      .map(({ topicName, endpoint, subject }) => ({ topic: topicName, to: endpoint, subject })),
  };
}
