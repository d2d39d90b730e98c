import { Construct } from 'constructs';
import type { RemoteFunction } from '../../lambdas/database/contract.ts';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { LoadTest, Settings as RunTests, SmokeTest } from '../../lambdas/run-tests/contract.ts';
import type { Settings as WatchService } from '../../lambdas/watch-service/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { runsFunctions } from './database-grants.ts';
import { endpointOf } from './endpoint.ts';
import { grantMetrics } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

interface ServiceTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
}

/** What asks the service as its users do: after every recovery, and each minute in good times. */
export class ServiceTasks extends Construct {
  readonly runTests: TaskFunction<RunTests>;
  readonly watchService: TaskFunction<WatchService>;

  constructor(scope: Construct, id: string, { environment, ledger }: ServiceTasksProps) {
    super(scope, id);
    const named = names(environment);
    const { sites, dns, hardware } = environment;
    const common = { environment: environment.name, ledgerBucket: ledger.bucketName };
    const asked = { resolvers: dns.resolvers, tests: testsOf(environment) };
    const load = loadOf(environment);
    const task = taskMaker(this, environment);

    this.runTests = task<RunTests>(
      'run-tests',
      { ...common, ...asked, ...(load ? { load } : {}) },
      { timeout: 55 },
    );
    ledger.grant(this.runTests, [], ['incidents']);

    const survey = (site: Site): RemoteFunction => ({
      region: sites[site].region,
      functionName: `${named.prefix}-survey-workloads`,
    });
    this.watchService = task<WatchService>(
      'watch-service',
      {
        ...common,
        region: sites.standby.region,
        ...asked,
        endpoints: {
          primary: endpointOf(environment, sites.primary.host),
          standby: endpointOf(environment, sites.standby.host),
        },
        survey: { primary: survey('primary'), standby: survey('standby') },
        nodeGraceSeconds: hardware.nodeGrace,
      },
      { timeout: 55 },
    );
    ledger.grant(this.watchService, ['switch', 'lock'], ['watch']);
    runsFunctions(this.watchService, [
      named.functionArn(sites.primary.region, 'survey-workloads'),
      named.functionArn(sites.standby.region, 'survey-workloads'),
    ]);
    grantMetrics(this.watchService);
  }
}

function urlOf(environment: Environment, path: string, host: string | undefined): string {
  const { protocol, port } = environment.application.health;
  const usual = port === (protocol === 'https' ? 443 : 80);
  return `${protocol}://${host ?? names(environment).publicName}${usual ? '' : `:${port}`}${path}`;
}

function testsOf(environment: Environment): readonly SmokeTest[] {
  return environment.tests.map(({ name, proves, request, expect }) => ({
    name,
    proves,
    request: {
      method: request.method,
      url: urlOf(environment, request.path, request.host),
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
    },
    expect: {
      status: expect.status,
      headers: Object.fromEntries(
        Object.entries(expect.headers).map(([header, text]) => [header.toLowerCase(), text]),
      ),
      json: expect.json.map(({ path, equals }) => ({ path, ...(equals === undefined ? {} : { equals }) })),
      ...(expect.contains === undefined ? {} : { contains: expect.contains }),
      withinMs: expect.within * 1_000,
    },
  }));
}

function loadOf(environment: Environment): LoadTest | undefined {
  const { load } = environment;
  if (!load) return undefined;
  const { path, requests, concurrency, errorPercent, p95 } = load;
  return {
    url: urlOf(environment, path, undefined),
    requests,
    concurrency,
    errorPercent,
    p95Ms: p95 * 1_000,
  };
}
