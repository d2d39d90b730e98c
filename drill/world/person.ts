import type { Approval } from '../../lambdas/request-approval/contract.ts';
import { approve } from '../../operate/approve.ts';
import { type Cancel, every } from '../clock.ts';
import type { World } from './world.ts';

/** How long a person needs to be reached, to read and to decide, milliseconds of incident time. */
const usualThinking = 120_000;

export interface Person {
  /** What was decided, in order. */
  decisions(): readonly {
    readonly gate: string;
    readonly decision: 'approve' | 'reject';
    readonly at: number;
  }[];
  stop(): Promise<void>;
}

/**
 * The person on call: reads what a gate asks, thinks about it for two minutes, and answers with the command that a
 * real one would type, as the operator of this world.
 *
 * @param thinking milliseconds of incident time from the question to the answer
 */
export function personOnCall(
  world: World,
  decision: 'approve' | 'reject' = 'approve',
  thinking = usualThinking,
): Person {
  const { cloud, clock, environment } = world;
  const { account, name, sites } = environment;
  const bucket = `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  const answered = new Set<string>();
  const decisions: { gate: string; decision: 'approve' | 'reject'; at: number }[] = [];
  let answering: Promise<unknown> = Promise.resolve();

  const look = () => {
    for (const key of cloud.storage.keys(bucket)) {
      if (!key.startsWith('approvals/')) continue;
      const approval = JSON.parse(cloud.storage.read(bucket, key)?.toString('utf8') ?? '{}') as Approval;
      if (approval.state !== 'asked' || Date.parse(approval.askedAt) + thinking > clock.now()) continue;
      // A gate that is asked again, by a later try, is another question.
      const question = `${key} ${approval.askedAt}`;
      if (answered.has(question)) continue;
      answered.add(question);
      answering = answering.then(() => answer(approval));
    }
  };

  async function answer({ incidentId, gate }: Approval): Promise<void> {
    world.tell('person', `${decision}s`, gate);
    decisions.push({ gate, decision, at: clock.now() });
    const { accessKeyId, secretAccessKey } = cloud.iam.operator;
    await clock
      .busy(() =>
        approve({
          environment: { name, account, region: sites.standby.region },
          incident: incidentId,
          gate,
          decision,
          reason: 'the person on call, who has read the question',
          endpoint: cloud.endpoint.url,
          credentials: { accessKeyId, secretAccessKey },
        }),
      )
      .catch((error: unknown) => {
        world.tell('person', 'was refused', error instanceof Error ? error.message : String(error));
      });
  }

  const stop: Cancel = every(clock, 5_000, look);
  return {
    decisions: () => decisions,
    async stop() {
      stop();
      await answering;
    },
  };
}
