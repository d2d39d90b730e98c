import { measureBundles } from './bundles.ts';
import { measureColdStarts } from './cold-start.ts';
import { measureConfigRestore } from './config-restore.ts';
import { measureDrill } from './drill-time.ts';
import { measureFailover } from './failover.ts';
import { measureRestore } from './restore.ts';

/** In the order in which they run; each prints what `docs/performance.md` keeps. */
const measurements: Readonly<Record<string, () => Promise<string>>> = {
  bundles: measureBundles,
  'cold-start': measureColdStarts,
  failover: measureFailover,
  drill: measureDrill,
  restore: measureRestore,
  'config-restore': measureConfigRestore,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(measurements, name));
if (unknown.length > 0) {
  const names = Object.keys(measurements).join(', ');
  process.stderr.write(`got ${unknown.join(', ')}, allowed: ${names}\nusage: npm run bench [-- NAME ...]\n`);
  process.exit(2);
}
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`${await measure()}\n\n`);
}
