import type {
  CreateHealthCheckRequest,
  CreateHealthCheckResponse,
  DeleteHealthCheckRequest,
  DeleteHealthCheckResponse,
  GetHealthCheckRequest,
  GetHealthCheckResponse,
  GetHealthCheckStatusRequest,
  GetHealthCheckStatusResponse,
  HealthCheck,
  ListHealthChecksRequest,
  ListHealthChecksResponse,
  UpdateHealthCheckRequest,
  UpdateHealthCheckResponse,
} from '@aws-sdk/client-route-53';
import { operation, type AlarmSource, type CloudService, type Permission } from '../contract.ts';
import type { Check, HealthChecks } from './health/health-checks.ts';
import { pageFrom, pageSize } from './paging.ts';
import { invalidInput } from './read-change.ts';

/** Operations on health checks. */
export function healthCheckOperations(checks: HealthChecks, alarms: AlarmSource): CloudService['operations'] {
  const shape = (check: Check) => shapeOf(check, alarms);
  return {
    CreateHealthCheck: operation<CreateHealthCheckRequest, CreateHealthCheckResponse>({
      permissions: () => [{ action: 'route53:CreateHealthCheck', resource: '*' }],
      run({ CallerReference: reference = '', HealthCheckConfig: config }) {
        if (reference.length < 1 || reference.length > 64)
          throw invalidInput('Invalid parameter : CallerReference must have 1 to 64 characters');
        if (!config) throw invalidInput('Invalid parameter : HealthCheckConfig is missing');
        const check = checks.create(reference, config);
        return {
          HealthCheck: shape(check),
          Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}`,
        };
      },
    }),
    UpdateHealthCheck: operation<UpdateHealthCheckRequest, UpdateHealthCheckResponse>({
      permissions: ({ HealthCheckId }) => [onCheck('UpdateHealthCheck', HealthCheckId)],
      run: (input) => ({ HealthCheck: shape(checks.update(input)) }),
    }),
    DeleteHealthCheck: operation<DeleteHealthCheckRequest, DeleteHealthCheckResponse>({
      permissions: ({ HealthCheckId }) => [onCheck('DeleteHealthCheck', HealthCheckId)],
      run({ HealthCheckId }) {
        checks.delete(HealthCheckId);
        return {};
      },
    }),
    GetHealthCheck: operation<GetHealthCheckRequest, GetHealthCheckResponse>({
      permissions: ({ HealthCheckId }) => [onCheck('GetHealthCheck', HealthCheckId)],
      run: ({ HealthCheckId }) => ({ HealthCheck: shape(checks.find(HealthCheckId)) }),
    }),
    ListHealthChecks: operation<ListHealthChecksRequest, ListHealthChecksResponse>({
      permissions: () => [{ action: 'route53:ListHealthChecks', resource: '*' }],
      run({ Marker, MaxItems }) {
        const size = pageSize(MaxItems, 100);
        const { items, next } = pageFrom(checks.all(), ({ id }) => id, Marker, size);
        return {
          HealthChecks: items.map(shape),
          Marker: Marker ?? '',
          IsTruncated: next !== undefined,
          MaxItems: size,
          ...(next !== undefined && { NextMarker: next }),
        };
      },
    }),
    GetHealthCheckStatus: operation<GetHealthCheckStatusRequest, GetHealthCheckStatusResponse>({
      permissions: ({ HealthCheckId }) => [onCheck('GetHealthCheckStatus', HealthCheckId)],
      run({ HealthCheckId }) {
        const { watch } = checks.find(HealthCheckId);
        if (!watch?.observations)
          throw invalidInput(
            'Invalid parameter : only health checks of an endpoint have checkers with a status',
          );
        return { HealthCheckObservations: [...watch.observations] };
      },
    }),
  };
}

function onCheck(action: string, id: string | undefined): Permission {
  return { action: `route53:${action}`, resource: `arn:aws:route53:::healthcheck/${id ?? ''}` };
}

function shapeOf({ id, callerReference, config, version }: Check, alarms: AlarmSource): HealthCheck {
  const { Region = '', Name = '' } = config.AlarmIdentifier ?? {};
  const alarm = alarms.alarm(Region, Name);
  return {
    Id: id,
    CallerReference: callerReference,
    HealthCheckConfig: config,
    HealthCheckVersion: version,
    ...(alarm && {
      CloudWatchAlarmConfiguration: {
        EvaluationPeriods: alarm.evaluationPeriods,
        Threshold: alarm.threshold,
        ComparisonOperator: alarm.comparisonOperator as 'LessThanThreshold',
        Period: alarm.period,
        MetricName: alarm.metricName,
        Namespace: alarm.namespace,
        Statistic: alarm.statistic,
        Dimensions: Object.entries(alarm.dimensions).map(([name, Value]) => ({ Name: name, Value })),
      },
    }),
  };
}
