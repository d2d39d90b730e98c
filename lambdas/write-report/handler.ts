import { putText } from '../aws/put-object.ts';
import { checklistMarkdown } from '../communication/report/checklist.ts';
import { reportHtml } from '../communication/report/html.ts';
import { reportMarkdown } from '../communication/report/markdown.ts';
import { reportOf } from '../communication/report/report.ts';
import { openLedger } from '../incident/ledger.ts';
import { changeRecord, readRecord } from '../incident/record.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';

/**
 * Write the report of an incident and its checklist beside the record, from the record alone. Again is better: what has
 * come since is in it, too.
 *
 * @throws TryAgain when the ledger does not answer; notices are sent without a report then
 */
export async function handler({ incident }: Input): Promise<Output> {
  const { ledgerBucket, application, publicName } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const record = await readRecord(ledger, incident.id);
  const report = reportOf(record, { application, publicName }, Date.now());
  const { environment, scenario } = record.ref;
  const keys: Output = {
    html: `reports/${incident.id}/report.html`,
    markdown: `reports/${incident.id}/report.md`,
    checklist: `reports/${incident.id}/checklist.md`,
  };
  await Promise.all([
    putText(ledgerBucket, keys.html, reportHtml(report), 'text/html'),
    putText(ledgerBucket, keys.markdown, reportMarkdown(report), 'text/markdown'),
    putText(
      ledgerBucket,
      keys.checklist,
      checklistMarkdown({ application, environment, scenario }, record),
      'text/markdown',
    ),
  ]);
  await changeRecord(ledger, incident.id, (current) =>
    current.report ? undefined : { ...current, report: keys },
  );
  log('write-report', { incident: incident.id, ...keys });
  return keys;
}
