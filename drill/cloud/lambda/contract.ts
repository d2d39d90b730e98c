import type { FunctionInvoker, Principal } from '../contract.ts';

/** The service that invokes a function, as the function's resource policy names it. */
interface InvokingService {
  /** `events.amazonaws.com` */
  readonly principal: string;
  readonly sourceArn: string;
}

/** Invokes functions asynchronously, as EventBridge and Scheduler do. */
export interface FunctionQueue {
  /**
   * Accept an event; the function runs later, and again when it fails, as its retry settings say.
   *
   * @param by the service, which needs a permission on the function, or the role, which needs a policy
   * @throws AwsError `ResourceNotFoundException`, `AccessDeniedException`, `RequestTooLargeException`
   */
  enqueue(functionArn: string, payload: unknown, by: InvokingService | { readonly role: Principal }): void;
}

export type FunctionService = FunctionInvoker & FunctionQueue;
