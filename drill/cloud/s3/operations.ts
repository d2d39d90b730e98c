import { AwsError, operation, type CallContext, type Operation, type Permission } from '../contract.ts';
import type { Kept, Store } from './store.ts';

interface Addressed {
  readonly Bucket: string | undefined;
}

/** An operation on a bucket: in the bucket's own region, and unless the bucket's policy forbids it. */
export type InBucket = <Input extends Addressed, Output>(
  needs: (input: Input) => readonly Permission[],
  run: (kept: Kept, input: Input, call: CallContext) => Output,
) => Operation;

export function operationsOf(store: Store): InBucket {
  return <Input extends Addressed, Output>(
    needs: (input: Input) => readonly Permission[],
    run: (kept: Kept, input: Input, call: CallContext) => Output,
  ) =>
    operation<Input, Output>({
      permissions: needs,
      run(input, call) {
        const kept = store.find(input.Bucket);
        const { name, region } = kept.bucket;
        if (region !== call.region) {
          throw new AwsError(
            'PermanentRedirect',
            `The bucket ${name} is in ${region}; it must be addressed there.`,
            301,
            { 'x-amz-bucket-region': region },
          );
        }
        for (const permission of needs(input)) store.obey(kept, call.principal, permission);
        return run(kept, input, call);
      },
    });
}
