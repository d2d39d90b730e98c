import { RDSClient } from '@aws-sdk/client-rds';
import { bookkeepingEngine, type BookkeepingEngine } from '../../../../drill/cloud/rds/bookkeeping-engine.ts';
import type { Rds } from '../../../../drill/cloud/rds/contract.ts';
import type { RdsOptions } from '../../../../drill/cloud/rds/fleet.ts';
import { rds } from '../../../../drill/cloud/rds/rds.ts';
import { localCloud, type LocalCloud } from '../local-cloud.ts';

export const primary = 'eu-west-1';
export const standby = 'eu-central-1';
export const minute = 60_000;

export interface Sample {
  readonly region: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface LocalRds {
  readonly cloud: LocalCloud;
  readonly rds: Rds;
  readonly engine: BookkeepingEngine;
  readonly dark: Set<string>;
  readonly samples: Sample[];
  /** Of the operator. */
  client(region?: string): RDSClient;
  /** Incident minutes; at all other times incident time stands still. */
  pass(minutes: number): Promise<void>;
}

/** The local RDS behind a real endpoint, on bookkept databases; upkeep has not begun. */
export async function localRds(options: Partial<RdsOptions> = {}): Promise<LocalRds> {
  const dark = new Set<string>();
  const samples: Sample[] = [];
  let made: { rds: Rds; engine: BookkeepingEngine } | undefined;
  const cloud = await localCloud((foundation) => {
    const engine = bookkeepingEngine(foundation.clock);
    const service = rds(foundation, {
      engine,
      metrics: { put: (sample) => samples.push(sample) },
      dark: (region) => dark.has(region),
      ...options,
    });
    made = { rds: service, engine };
    return [service.service];
  });
  if (!made) throw new Error('there is no RDS');
  const { clock } = cloud;
  let goOn: () => void = () => undefined;
  const standStill = () => void clock.busy(() => new Promise<void>((resolve) => (goOn = resolve)));
  standStill();
  return {
    ...made,
    cloud,
    dark,
    samples,
    client: (region = primary) => new RDSClient(cloud.client(undefined, region)),
    async pass(minutes) {
      goOn();
      await clock.sleep(minutes * minute);
      standStill();
    },
  };
}
