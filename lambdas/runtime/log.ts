/** Write one event to the log, as one line of JSON that CloudWatch Logs Insights can query by its fields. */
export function log(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const environment = process.env['LIFEBOAT_ENVIRONMENT'];
  const line = { at: new Date().toISOString(), event, ...(environment ? { environment } : {}), ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
