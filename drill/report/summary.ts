import type { DrillReport } from './contract.ts';
import { duration, phaseNames } from './phases.ts';

/** The end of a drill in the terminal: what held, how long each part took, where the report is. */
export function summary(report: DrillReport, files: readonly string[]): string {
  const { clock, checks, permissions } = report;
  const spans = phaseNames.flatMap((name) => {
    const { start, end } = clock[name];
    return start === null || end === null
      ? []
      : [`${name} ${duration((Date.parse(end) - Date.parse(start)) / 1000)}`];
  });
  return [
    '',
    `${report.outcome.toUpperCase()}${report.passed ? '' : ', and not every expectation held'}`,
    '',
    `  RTO    ${measured(report)}`,
    ...(report.data.length > 0 ? [`  RPO    ${lost(report)}`] : []),
    `  clock  ${spans.join(' · ') || 'nothing was reached'}`,
    '',
    ...(report.mode === 'plan' ? [...planned(report), ''] : []),
    ...checks.map(({ name, held, evidence }) => `  ${held ? '✓' : '✗'} ${name}: ${evidence}`),
    '',
    `  permissions: ${permissions.denied.length} denied, ${permissions.unused.length} granted and not used`,
    `  report: ${files.join(', ')}`,
    '',
    '',
  ].join('\n');
}

function measured({ mode, rto: { measuredSeconds, targetSeconds } }: DrillReport): string {
  const target = duration(targetSeconds);
  if (measuredSeconds !== null) return `${duration(measuredSeconds)} of ${target}`;
  return `${mode === 'plan' ? 'not measured by a plan' : 'not recovered'}; the target is ${target}`;
}

function lost({ mode, rpo: { measuredSeconds, targetSeconds } }: DrillReport): string {
  const target = duration(targetSeconds);
  if (measuredSeconds !== null) return `${duration(measuredSeconds)} of ${target}, measured from the data`;
  return `${mode === 'plan' ? 'not measured by a plan' : 'unknown'}; the target is ${target}`;
}

/** What a live run would do, in its order. */
function planned({ steps }: DrillReport): readonly string[] {
  if (steps.length === 0) return ['  a live run would do nothing'];
  return [
    '  a live run would:',
    ...steps.map(({ step, status, summary }) => `  · ${step} (${status}): ${summary}`),
  ];
}
