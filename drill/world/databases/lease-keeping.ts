import { readFileSync } from 'node:fs';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { startKeeper, type LeaseStore } from '../../../examples/lease-keeper/keeper.ts';
import { s3LeaseStore } from '../../../examples/lease-keeper/s3-store.ts';
import type { Site } from '../../../lambdas/incident/contract.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import { connectTo, type Route } from './application.ts';
import type { DatabaseConfig } from './database.ts';

interface KeepingOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly cloud: Cloud;
  readonly config: DatabaseConfig;
  readonly route: (site: Site) => Route | null;
  /** Pods of a site's application that run: the keeper runs beside them. */
  readonly ready: (site: Site) => number;
  /** The region is lost: what is in it reaches nothing outside. */
  readonly isolated: (site: Site) => boolean;
  readonly tell: (actor: string, event: string, detail?: string) => void;
}

export interface Keeping {
  stop(): Promise<void>;
}

/**
 * What a new database gets beside the application's tables: Lifeboat's own, as the example has them, but for the
 * time, which is the world's.
 *
 * @param clockFile where the world writes its time, ISO 8601
 */
export function leaseSchema(clockFile: string): string {
  const file = path.join(import.meta.dirname, '..', '..', '..', 'examples', 'lease-keeper', 'lease.sql');
  return `${readFileSync(file, 'utf8')}
create or replace function lifeboat.clock() returns timestamptz
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select pg_read_file('${clockFile}')::timestamptz $$;
select lifeboat.protect('public');
grant lifeboat_keeper to application;
`;
}

/** The keepers that run beside the application of each site, as pods that renew the lease of a database. */
export function keepLeases(options: KeepingOptions): Keeping {
  const { clock, config, environment, cloud } = options;
  const { account, name, sites } = environment;
  const { ttl } = config.lease ?? { ttl: 30 };
  const s3 = new S3Client({
    region: sites.standby.region,
    endpoint: cloud.endpoint.url,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: cloud.iam.operator,
  });
  const store = s3LeaseStore(s3, `lifeboat-${name}-ledger-${account}-${sites.standby.region}`);

  const reachable = (site: Site): LeaseStore => {
    const through = <T>(call: () => Promise<T>): Promise<T> => {
      if (options.isolated(site)) return Promise.reject(new Error('the standby region cannot be reached'));
      return clock.busy(call);
    };
    return {
      read: (key) => through(() => store.read(key)),
      create: (key, value) => through(() => store.create(key, value)),
      replace: (key, value, etag) => through(() => store.replace(key, value, etag)),
    };
  };

  const keepers = (['primary', 'standby'] as const).map((site) => {
    let last: string | undefined;
    return startKeeper({
      database: config.name,
      site,
      ttlSeconds: ttl,
      ledger: reachable(site),
      now: () => clock.now(),
      sleep: (ms) => clock.sleep(ms),
      connect: async () => {
        const route = options.route(site);
        if (options.ready(site) === 0) throw new Error('no pod runs');
        if (route === null) throw new Error('there is no database where the keeper looks for it');
        const client = await clock.busy(() => connectTo(route, `lease keeper of the ${site}`));
        return {
          query: async (text, values) => {
            if (options.ready(site) === 0) throw new Error('the pod is gone');
            return clock.busy(() => client.query(text, values));
          },
          end: () => clock.busy(() => client.end()),
        };
      },
      tell: ({ outcome, detail }) => {
        if (outcome === last || (outcome === 'failed' && last === 'none')) return;
        if (last !== undefined || outcome === 'kept') {
          options.tell('lease keeper', `${config.name}, ${site}: ${outcome}`, detail);
        }
        last = outcome;
      },
    });
  });
  // A keeper sleeps on the world's clock, which may stop before it wakes: it is not waited for.
  return {
    stop: () => {
      for (const keeper of keepers) void keeper.stop();
      s3.destroy();
      return Promise.resolve();
    },
  };
}
