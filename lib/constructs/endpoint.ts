import type { HealthEndpoint } from '../../lambdas/assess-primary/contract.ts';
import type { Environment } from '../config/schema.ts';

/** The application's health endpoint at a name: a site's own, or the public one. */
export function endpointOf({ application: { health } }: Environment, host: string): HealthEndpoint {
  const { protocol, port, path, contains } = health;
  return { protocol, host, port, path, ...(contains === undefined ? {} : { contains }) };
}
