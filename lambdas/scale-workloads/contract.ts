import type { IncidentRef, StepResult } from '../incident/contract.ts';

export interface NodeGroupTarget {
  readonly name: string;
  readonly min: number;
  readonly desired: number;
  readonly max: number;
}

export interface DeploymentTarget {
  readonly name: string;
  readonly replicas: number;
  /** Its HorizontalPodAutoscaler, when it has one: then the floor is raised rather than the count set. */
  readonly autoscaler?: string;
}

export interface ClusterSettings {
  readonly region: string;
  readonly name: string;
  readonly namespace: string;
  readonly nodeGroups: readonly NodeGroupTarget[];
  readonly deployments: readonly DeploymentTarget[];
}

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly cluster: ClusterSettings;
}

export interface Input {
  readonly incident: IncidentRef;
}

export type Output = StepResult;
