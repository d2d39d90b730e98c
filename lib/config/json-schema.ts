import * as z from 'zod';
import { environmentSchema } from './schema.ts';

/** The JSON Schema of `environments/*.yaml`, as text: what editors complete from. */
export function environmentJsonSchema(): string {
  const schema = z.toJSONSchema(environmentSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Lifeboat environment', ...schema }, null, 2)}\n`;
}
