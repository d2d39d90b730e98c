import { writeFileSync } from 'node:fs';
import { environmentJsonSchema } from '../lib/config/json-schema.ts';

writeFileSync('environments/environment.schema.json', environmentJsonSchema());
