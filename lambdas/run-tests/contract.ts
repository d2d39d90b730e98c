import type { Check, IncidentRef } from '../incident/contract.ts';

/** A request and what its answer must be. Data of the environment. */
export interface SmokeTest {
  readonly name: string;
  /** `configuration`: its failure is one of the configuration, not of the application. */
  readonly proves: 'application' | 'configuration';
  readonly request: {
    readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly expect: {
    readonly status: number;
    /** By name in lower case: text that the header's value contains. */
    readonly headers: Readonly<Record<string, string>>;
    /** RFC 9535 paths into a JSON answer: the first value found equals. Without `equals`: there is one. */
    readonly json: readonly { readonly path: string; readonly equals?: string | number | boolean | null }[];
    /** Within the first 64 KiB of the body. */
    readonly contains?: string;
    readonly withinMs: number;
  };
}

/** A light load, only ever sent to a service that its tests have found recovered. */
export interface LoadTest {
  readonly url: string;
  readonly requests: number;
  readonly concurrency: number;
  /** Answers other than 2xx and 3xx, in percent, at most. */
  readonly errorPercent: number;
  readonly p95Ms: number;
}

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  /** Public resolvers that are asked where the service is: the tests come from outside. */
  readonly resolvers: readonly string[];
  readonly tests: readonly SmokeTest[];
  readonly load?: LoadTest;
}

export interface Input {
  readonly incident: IncidentRef;
  readonly attempt: number;
}

/** `passed` also when there are no tests: the summary says so. Load that misses its marks is told and does not fail. */
export interface Output {
  readonly passed: boolean;
  readonly summary: string;
  readonly checks: readonly Check[];
}
