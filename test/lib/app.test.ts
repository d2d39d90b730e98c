import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addEnvironments, createApp } from '../../lib/app.ts';
import { environmentNames } from '../../lib/config/load.ts';

let outdir = '';
beforeEach(() => {
  outdir = mkdtempSync(path.join(tmpdir(), 'lifeboat-app-'));
});
afterEach(() => rmSync(outdir, { recursive: true, force: true }));

const app = () => createApp({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });

/** A stack below another construct, as the stacks of an environment are. */
function plantedIn(scope: App): Stack {
  return new Stack(new Construct(scope, 'planted'), 'stack', {
    env: { account: '111111111111', region: 'eu-central-1' },
  });
}

describe('synthesis', () => {
  it('is clean for every environment, warnings included', () => {
    const all = app();
    addEnvironments(all, environmentNames());
    all.synth();
    const report = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8')) as {
      pluginReports: readonly { violations: readonly { severity: string }[] }[];
    };
    const open = report.pluginReports
      .flatMap(({ violations }) => violations)
      .filter((violation) => !JSON.stringify(violation).includes('acknowledged'));
    expect(open).toEqual([]);
  });

  it('fails on a finding of cdk-nag, and lists it', () => {
    const planted = app();
    new s3.Bucket(plantedIn(planted), 'Bucket');
    expect(() => planted.synth()).toThrow(/AwsSolutions-S10/);
  });

  it('fails on a template that CloudFormation would refuse', () => {
    const planted = app();
    new route53.CfnHealthCheck(plantedIn(planted), 'Check', {
      healthCheckConfig: { type: 'HTTPS', fullyQualifiedDomainName: 'a.company.com', requestInterval: 5 },
    });
    expect(() => planted.synth()).toThrow(/RequestInterval/);
  });
});
