import { GetChangeCommand, Route53Client } from '@aws-sdk/client-route-53';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { clientOptions, route53Region } from '../aws/client.ts';
import { ChangeLost } from '../incident/errors.ts';
import type { ChangeSight } from './decide.ts';

let route53: Route53Client | undefined;

/**
 * How a change of records stands. A control plane that does not answer leaves it unknown, to be asked again.
 *
 * @throws ChangeLost when Route 53 does not know it: changes in flight are forgotten when its control plane
 *   fails over (aws-facts §1.2)
 */
export async function lookAtChange(id: string): Promise<ChangeSight> {
  route53 ??= new Route53Client(clientOptions(route53Region));
  try {
    const { ChangeInfo } = await route53.send(new GetChangeCommand({ Id: id }));
    const status = ChangeInfo?.Status ?? 'unknown';
    return { id, status, evidence: `Route 53 says ${status}` };
  } catch (error) {
    if (failureName(error) === 'NoSuchChange') {
      throw new ChangeLost(`Route 53 does not know change ${id} any more: ${describeFailure(error)}`);
    }
    if (passesByItself(error)) return { id, status: 'unknown', evidence: describeFailure(error) };
    throw error;
  }
}
