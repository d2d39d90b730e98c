import type { DrillReport } from './contract.ts';
import { inboxCss, inboxViews } from './inbox-views.ts';
import { html, Markup } from './markup.ts';
import { duration } from './phases.ts';
import { timelineSvg } from './timeline-svg.ts';

/** The report as one page that needs nothing else: no script, no font, no network. */
export function reportHtml(report: DrillReport): string {
  return `<!doctype html>\n${page(report).text}\n`;
}

function page(report: DrillReport): Markup {
  return html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${report.scenario} on ${report.environment}: ${report.outcome}</title>
      <style>
        ${new Markup(css + inboxCss)}
      </style>
    </head>
    <body>
      <main>
        ${headline(report)}
        <section class="wide">${timelineSvg(report)}</section>
        ${checks(report)} ${data(report)} ${dns(report)} ${steps(report)} ${notices(report)}
        ${section(
          'What people read',
          inboxViews(report.inboxes, (at) => since(report, at)),
        )}
        ${timeline(report)} ${calls(report)} ${permissions(report)}
        <footer>
          Delays of AWS in this report are its documented figures, not measurements; the functions, state
          machines, permissions, DNS and HTTP are the real ones. Times are incident time, UTC.
        </footer>
      </main>
    </body>
  </html>`;
}

function headline(report: DrillReport): Markup {
  const { rto, rpo } = report;
  return html`<header>
    <p class="where">
      ${report.scenario} · ${report.environment} · ${report.severity ?? 'no incident'} · ${report.mode}
    </p>
    <h1 class="${report.passed ? 'ok' : 'no'}">${words[report.outcome]}</h1>
    <dl class="figures">
      <div>
        <dt>RTO measured</dt>
        <dd>${rto.measuredSeconds === null ? 'unknown' : duration(rto.measuredSeconds)}</dd>
        <dd class="target">target ${duration(rto.targetSeconds)}</dd>
      </div>
      <div>
        <dt>RPO measured</dt>
        <dd>${rpo.measuredSeconds === null ? 'not measured' : duration(rpo.measuredSeconds)}</dd>
        <dd class="target">target ${duration(rpo.targetSeconds)}</dd>
      </div>
      <div>
        <dt>Checks held</dt>
        <dd>${report.checks.filter((check) => check.held).length} of ${report.checks.length}</dd>
        <dd class="target">${report.incident ?? 'no incident opened'}</dd>
      </div>
    </dl>
  </header>`;
}

const words: Readonly<Record<DrillReport['outcome'], string>> = {
  recovered: 'Recovered',
  planned: 'Planned: nothing was changed',
  'awaiting-approval': 'Waiting for a person to approve',
  escalated: 'Escalated to a person',
  'not-started': 'No incident was opened',
};

function checks(report: DrillReport): Markup {
  return table('What had to hold', ['', 'check', 'evidence'], report.checks, (check) => [
    mark(check.held),
    check.name,
    check.evidence,
  ]);
}

/** By SQL from the servers, which is why a row may say that it cannot be told. */
function data(report: DrillReport): Markup {
  if (report.data.length === 0) return html``;
  const known = (value: number | null) => value ?? 'unknown';
  const lost = report.data.flatMap(({ database, lostByTable }) =>
    lostByTable.map((each) => ({ database, ...each })),
  );
  return html`${table(
    'Data, asked of the databases themselves',
    ['database', 'rows before', 'destroyed', 'rows now', 'restored to', 'writes lost', 'loss', 'writable'],
    report.data,
    (each) => [
      each.database,
      each.rowsBefore,
      each.rowsDestroyed,
      known(each.rowsAfter),
      each.recoveryPoint === null ? 'not restored' : since(report, each.recoveryPoint),
      html`${known(each.writesLost)} of ${each.writesAcknowledged}`,
      each.lossSeconds === null ? 'unknown' : duration(each.lossSeconds),
      each.writable.join(', ') || 'none',
    ],
  )}${
    lost.length === 0
      ? ''
      : table('Lost writes, as the recovery reports them', ['table', 'rows', 'from', 'to'], lost, (each) => [
          `${each.database}: ${each.table}`,
          known(each.lost),
          each.from === null ? 'unknown' : since(report, each.from),
          each.to === null ? 'unknown' : since(report, each.to),
        ])
  }`;
}

function dns(report: DrillReport): Markup {
  return table('DNS, before and after', ['record', 'before', 'after'], report.dns, (record) => [
    `${record.name} ${record.type}`,
    record.before.join(', ') || 'no answer',
    record.after.join(', ') || 'no answer',
  ]);
}

function steps(report: DrillReport): Markup {
  return table('What the runbook did', ['step', 'outcome', 'in words'], report.steps, (step) => [
    step.step,
    html`<span class="status ${step.status}">${step.status}</span>`,
    step.summary,
  ]);
}

function notices(report: DrillReport): Markup {
  const rows = report.notices.map(
    (notice) =>
      html`<details>
        <summary>
          <time>${since(report, notice.at)}</time>
          <b>${notice.kind}</b> to ${notice.audience} by ${notice.channel}
          ${notice.delivered ? '' : html`<span class="status refused">not delivered: ${notice.failure ?? ''}</span>`}
          ${notice.attempts === undefined ? '' : html`<span class="status">${notice.attempts} tries</span>`}
          ${notice.merged === undefined ? '' : html`<span class="status">merged</span>`} · ${notice.subject}
        </summary>
        <pre>${notice.text ?? notice.subject}</pre>
      </details>`,
  );
  return section('Notices, as sent', rows.length > 0 ? html`${rows}` : html`<p>None was sent.</p>`);
}

function timeline(report: DrillReport): Markup {
  return table('What happened', ['time', 'who', 'what', ''], report.timeline, (entry) => [
    since(report, entry.at),
    html`<span class="who">${entry.actor}</span>`,
    entry.event,
    entry.detail ?? '',
  ]);
}

function calls(report: DrillReport): Markup {
  return table('API calls', ['function', 'service', 'operation', 'times'], report.calls, (call) => [
    call.function,
    call.service,
    call.operation,
    call.count,
  ]);
}

function permissions(report: DrillReport): Markup {
  const { denied, unused } = report.permissions;
  return section(
    'Permissions',
    html`<h3>Denied</h3>
      ${denied.length === 0 ? html`<p>None: every call was covered by the role of its function.</p>` : grants(denied)}
      <h3>Granted, and not used by this drill</h3>
      ${unused.length === 0 ? html`<p>None.</p>` : grants(unused)}`,
  );
}

function grants(rows: DrillReport['permissions']['denied']): Markup {
  return rowsOf(['role', 'action', 'resource'], rows, (row) => [row.role, row.action, row.resource]);
}

type Cell = Markup | string | number;

function table<T>(
  title: string,
  head: readonly string[],
  rows: readonly T[],
  cells: (row: T) => readonly Cell[],
): Markup {
  return section(title, rows.length > 0 ? rowsOf(head, rows, cells) : html`<p>Nothing.</p>`);
}

function rowsOf<T>(head: readonly string[], rows: readonly T[], cells: (row: T) => readonly Cell[]): Markup {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cells(row).map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function section(title: string, content: Markup): Markup {
  return html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function mark(held: boolean): Markup {
  return held ? html`<span class="ok">✓</span>` : html`<span class="no">✗</span>`;
}

/** Time since the last good request, which is where the RTO starts. */
function since(report: DrillReport, at: string): string {
  const seconds = (Date.parse(at) - Date.parse(report.clock.detect.start ?? report.startedAt)) / 1000;
  return seconds < 0 ? `−${duration(-seconds)}` : `+${duration(seconds)}`;
}

const css = `
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e6e9ee); --soft: light-dark(#5b6675, #9aa5b4);
  --paper: light-dark(#fff, #14181e); --line: light-dark(#dfe4ea, #2b323c); --panel: light-dark(#f5f7f9, #1b2027);
  --good: light-dark(#1a7f4b, #4ccb8b); --bad: light-dark(#b3261e, #ff8a80); --accent: light-dark(#2458a6, #82aaff); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 2.2rem; margin: 0 0 1rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; } h3 { font-size: .95rem; margin: 1rem 0 .3rem; }
.where { color: var(--soft); margin: 0; } .ok { color: var(--good); } .no { color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; margin: 0 0 1.5rem; }
.figures div { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }
.figures dt { color: var(--soft); font-size: .85rem; } .figures dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.figures .target { font-size: .85rem; color: var(--soft); overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th { text-align: left; color: var(--soft); font-weight: 500; } th, td { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
td .who { white-space: nowrap; }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; }
summary time { display: inline-block; min-width: 4.5rem; font-variant-numeric: tabular-nums; color: var(--soft); }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem; white-space: pre-wrap; font-size: .85rem; }
.status { border: 1px solid var(--line); border-radius: 99px; padding: 0 .5rem; font-size: .8rem; white-space: nowrap; }
.status.changed { color: var(--good); border-color: currentColor; } .status.refused { color: var(--bad); border-color: currentColor; }
/* A narrow screen scrolls what is wide rather than squeeze it until nobody can read it. */
.wide { overflow-x: auto; } .wide svg { min-width: 42rem; }
@media (max-width: 40rem) { .wide table { min-width: 34rem; } td:first-child { white-space: normal; } th, td { overflow-wrap: break-word; } }
svg { width: 100%; height: auto; } svg .label { font-size: 13px; fill: var(--ink); } svg .axis { font-size: 11px; fill: var(--soft); }
svg .budget { fill: var(--panel); stroke: var(--line); } svg .good { fill: var(--good); } svg .bad { fill: var(--bad); }
svg .limit { stroke: var(--bad); stroke-width: 2; } svg .tick { stroke: var(--line); } svg .phase { fill: var(--accent); opacity: .85; }
svg .detect, svg .spread { opacity: .5; } svg .unfinished { fill: var(--bad); opacity: .5; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
`;
