import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Accept one finding of cdk-nag on a construct, with the reason that a reviewer will want to read. */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}
