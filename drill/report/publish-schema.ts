import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { reportSchema } from './contract.ts';

/** The JSON Schema of `report.json`, as text. */
export function reportJsonSchema(): string {
  const schema = z.toJSONSchema(reportSchema);
  return `${JSON.stringify({ title: 'Lifeboat drill report', ...schema }, null, 2)}\n`;
}

if (import.meta.main) writeFileSync('docs/report.schema.json', reportJsonSchema());
