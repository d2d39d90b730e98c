import type { HealthCheckConfig, UpdateHealthCheckRequest } from '@aws-sdk/client-route-53';
import { every, type Cancel } from '../../../clock.ts';
import { AwsError, type Foundation } from '../../contract.ts';
import { delays } from '../../delays.ts';
import { uuid } from '../../uuid.ts';
import type { Route53Needs } from '../contract.ts';
import { invalidInput } from '../read-change.ts';
import { AlarmWatch } from './alarm-watch.ts';
import { isEndpoint, readConfig } from './config.ts';
import { EndpointWatch } from './endpoint-watch.ts';
import type { Watch } from './watch.ts';

export interface Check {
  readonly id: string;
  readonly callerReference: string;
  /** For people: its tag `Name`, or what it watches. */
  readonly name: string;
  config: HealthCheckConfig;
  version: number;
  /** A calculated check watches nothing by itself. */
  watch: Watch | undefined;
  /** What was last told of it. */
  told: boolean;
}

/** Active health checks of an account (Quotas; aws-facts §1.1). */
const MAX_CHECKS = 200;

/** When in the minute Route 53 publishes its metrics is not documented: the middle of it. */
const METRICS_AT = delays.healthCheckMetrics / 2;

type ResettableElement = 'FullyQualifiedDomainName' | 'Regions' | 'ResourcePath' | 'ChildHealthChecks';

/** The health checks of the account: what they are and what they find. */
export class HealthChecks {
  readonly #foundation: Foundation;
  readonly #needs: Route53Needs;
  readonly #checks = new Map<string, Check>();
  /** Of deleted checks: AWS refuses them for days. */
  readonly #usedReferences = new Set<string>();
  #cancelMetrics: Cancel | undefined;

  constructor(foundation: Foundation, needs: Route53Needs) {
    this.#foundation = foundation;
    this.#needs = needs;
  }

  all(): readonly Check[] {
    return [...this.#checks.values()];
  }

  /** @throws AwsError `NoSuchHealthCheck` */
  find(id: string | undefined): Check {
    const check = this.#checks.get(id ?? '');
    if (!check)
      throw new AwsError('NoSuchHealthCheck', `A health check with id ${id ?? ''} does not exist.`, 404);
    return check;
  }

  exists(id: string): boolean {
    return this.#checks.has(id);
  }

  /**
   * A new check, or the one that the same caller made of the same settings before.
   *
   * @throws AwsError `HealthCheckAlreadyExists` for a reference used with other settings or by a deleted check,
   *   `TooManyHealthChecks`, `InvalidInput`
   */
  create(callerReference: string, settings: HealthCheckConfig, name?: string): Check {
    const config = readConfig(settings, (id) => this.exists(id));
    const before = this.all().find((check) => check.callerReference === callerReference);
    if (before && JSON.stringify(sorted(before.config)) === JSON.stringify(sorted(config))) return before;
    if (before || this.#usedReferences.has(callerReference)) {
      throw new AwsError(
        'HealthCheckAlreadyExists',
        `A health check with caller reference ${callerReference} has already been created with other settings, or was deleted.`,
        409,
      );
    }
    if (this.#checks.size >= MAX_CHECKS)
      throw new AwsError('TooManyHealthChecks', `The limit of ${MAX_CHECKS} health checks has been reached.`);
    const id = uuid(this.#foundation);
    const check: Check = {
      id,
      callerReference,
      name: name ?? subjectOf(config),
      config,
      version: 1,
      watch: undefined,
      told: true,
    };
    check.watch = this.#watchOf(check);
    check.told = this.#healthy(check);
    this.#checks.set(id, check);
    this.#run(check);
    return check;
  }

  /** @throws AwsError `HealthCheckVersionMismatch`, `InvalidInput` */
  update(request: UpdateHealthCheckRequest): Check {
    const check = this.find(request.HealthCheckId);
    const { HealthCheckVersion: version, ResetElements: reset = [], ...changes } = request;
    if (version !== undefined && version !== check.version) {
      throw new AwsError(
        'HealthCheckVersionMismatch',
        `The version of health check ${check.id} is ${check.version}, not ${version}.`,
        409,
      );
    }
    if (changes.IPAddress !== undefined && check.config.IPAddress === undefined)
      throw invalidInput('Invalid parameter : IPAddress cannot be added to a health check without one');
    const kept = Object.fromEntries(
      Object.entries(check.config).filter(([member]) => !reset.includes(member as ResettableElement)),
    );
    const given = Object.fromEntries(
      Object.entries(changes).filter(([member, value]) => member !== 'HealthCheckId' && value !== undefined),
    );
    const config = readConfig({ ...kept, ...given } as HealthCheckConfig, (id) => this.exists(id));
    if (config.Type === 'CALCULATED') this.#refuseCycle(check.id, config.ChildHealthChecks ?? []);
    const others = JSON.stringify(config.Regions) !== JSON.stringify(check.config.Regions);
    check.config = config;
    check.version++;
    if (others || config.Disabled) {
      check.watch?.stop();
      check.watch = this.#watchOf(check);
    }
    this.#run(check);
    this.#tell();
    return check;
  }

  delete(id: string | undefined): void {
    const check = this.find(id);
    check.watch?.stop();
    this.#checks.delete(check.id);
    this.#usedReferences.add(check.callerReference);
  }

  /** As DNS answers see it; undefined when there is no such check. */
  healthOf(id: string): boolean | undefined {
    const check = this.#checks.get(id);
    return check && this.#healthy(check);
  }

  start(): void {
    if (this.#cancelMetrics) return;
    const { clock } = this.#foundation;
    const now = clock.now();
    const next =
      Math.ceil((now - METRICS_AT) / delays.healthCheckMetrics) * delays.healthCheckMetrics + METRICS_AT;
    this.#cancelMetrics = every(clock, delays.healthCheckMetrics, () => this.#publish(), next - now);
    for (const check of this.all()) this.#run(check);
  }

  stop(): void {
    this.#cancelMetrics?.();
    this.#cancelMetrics = undefined;
    for (const { watch } of this.all()) watch?.stop();
  }

  /** (Re)starts what it watches, unless nothing runs or it is disabled. */
  #run({ watch, config }: Check): void {
    if (!this.#cancelMetrics || config.Disabled) return;
    watch?.stop();
    watch?.start();
  }

  #watchOf(check: Check): Watch | undefined {
    const { clock } = this.#foundation;
    const { probe, alarms, samples } = this.#needs;
    const shared = { clock, config: () => check.config, onChange: () => this.#tell() };
    if (isEndpoint(check.config)) return new EndpointWatch({ ...shared, id: check.id, probe });
    return check.config.Type === 'CLOUDWATCH_METRIC'
      ? new AlarmWatch({ ...shared, alarms, samples })
      : undefined;
  }

  /** Disabled: as if what it watches were healthy, so that Inverted still turns it (HealthCheckConfig.Disabled). */
  #healthy({ config, watch }: Check): boolean {
    const { Disabled, Inverted, Type } = config;
    const found =
      Type === 'CALCULATED' ? this.#healthyChildren(config) >= (config.HealthThreshold ?? 0) : watch?.healthy;
    const healthy = Disabled === true || found !== false;
    return Inverted === true ? !healthy : healthy;
  }

  #healthyChildren({ ChildHealthChecks = [] }: HealthCheckConfig): number {
    return ChildHealthChecks.filter((id) => this.healthOf(id) !== false).length;
  }

  #refuseCycle(id: string, children: readonly string[]): void {
    if (children.includes(id))
      throw invalidInput(`Invalid parameter : health check ${id} would be its own child`);
    for (const child of children) this.#refuseCycle(id, this.find(child).config.ChildHealthChecks ?? []);
  }

  #tell(): void {
    for (const check of this.all()) {
      const healthy = this.#healthy(check);
      if (healthy === check.told) continue;
      check.told = healthy;
      this.#foundation.tell(
        'Route 53',
        `health check ${check.name} is ${healthy ? 'healthy' : 'unhealthy'}`,
        check.id,
      );
    }
  }

  /** Health-check metrics exist in us-east-1 only. */
  #publish(): void {
    for (const check of this.all()) {
      const put = (name: string, value: number) =>
        this.#needs.metrics.put({
          region: 'us-east-1',
          namespace: 'AWS/Route53',
          name,
          dimensions: { HealthCheckId: check.id },
          value,
        });
      put('HealthCheckStatus', this.#healthy(check) ? 1 : 0);
      if (check.config.Type === 'CALCULATED')
        put('ChildHealthCheckHealthyCount', this.#healthyChildren(check.config));
      if (check.watch?.percentageHealthy !== undefined && check.config.Disabled !== true)
        put('HealthCheckPercentageHealthy', check.watch.percentageHealthy);
    }
  }
}

function subjectOf({
  Type,
  FullyQualifiedDomainName,
  IPAddress,
  Port,
  AlarmIdentifier,
}: HealthCheckConfig): string {
  const host = FullyQualifiedDomainName ?? IPAddress;
  if (host !== undefined) return `${host}:${Port ?? ''}`;
  return AlarmIdentifier?.Name ?? Type ?? '';
}

function sorted(config: HealthCheckConfig): readonly [string, unknown][] {
  return Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
