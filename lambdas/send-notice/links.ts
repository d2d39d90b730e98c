import type { Links } from './compose.ts';

/** Addresses that are known only once they are deployed: too late for settings that travel with the code. */
export function linksOf(): Links {
  return JSON.parse(process.env['LINKS'] ?? '{}') as Links;
}
