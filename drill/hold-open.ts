import type { Approval } from '../lambdas/request-approval/contract.ts';
import type { Environment } from '../lib/config/schema.ts';
import { type Cancel, every, type WorldClock } from './clock.ts';
import type { World } from './world/world.ts';

/** A gate that nobody answers for hours: what people hear meanwhile is the point, and nothing else happens. */

/** The world goes on so long before the answer, milliseconds: probes and checkers have looked again by then. */
const awakeBefore = 15 * 60_000;
/** After the question, until it has reached everybody. */
const toldAfter = 60_000;
/** The gate must outlast the hold. */
const margin = 2 * 60 * 60;

/** The environment with a gate that waits long enough. */
export function withPatientGate(environment: Environment, holdSeconds: number): Environment {
  const timeout = Math.max(environment.gates.timeout, holdSeconds + margin);
  return { ...environment, gates: { ...environment.gates, timeout } };
}

/**
 * From the first question on the world stands still and waits are skipped, until shortly before a person answers.
 *
 * @param holdMs incident time from the question to the answer
 * @param speed of the clock before and after
 */
export function standStillWhileHeld(world: World, clock: WorldClock, holdMs: number, speed: number): Cancel {
  const bucket = `lifeboat-${world.environment.name}-ledger-${world.environment.account}-${world.environment.sites.standby.region}`;
  const cancels: Cancel[] = [];
  const watching = every(clock, 5_000, () => {
    const asked = world.cloud.storage
      .keys(bucket)
      .filter((key) => key.startsWith('approvals/'))
      .map((key) => JSON.parse(world.cloud.storage.read(bucket, key)?.toString('utf8') ?? '{}') as Approval)
      .find(({ state }) => state === 'asked');
    if (!asked) return;
    watching();
    const askedAt = Date.parse(asked.askedAt);
    cancels.push(
      clock.at(askedAt + toldAfter, () => {
        world.tell('world', 'stands still', 'nobody answers the gate; only the incident itself goes on');
        world.standStill();
        clock.speed = Infinity;
      }),
      clock.at(askedAt + holdMs - awakeBefore, () => {
        clock.speed = speed;
        world.goOn();
        world.tell('world', 'goes on', 'users, checkers, schedules and databases are back');
      }),
    );
  });
  return () => {
    watching();
    for (const cancel of cancels) cancel();
  };
}
