export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number;
}

/** A Markdown table, aligned so that it reads in a terminal too: text to the left, numbers to the right. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map(({ of }) => of(row)));
  const right = columns.map((_, at) => cells.every((row) => /^[-\d.,× ]+$/.test(String(row[at]))));
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, 3, ...cells.map((row) => String(row[at]).length)),
  );
  const line = (values: readonly (string | number)[]) =>
    `| ${values.map((value, at) => pad(String(value), widths[at] ?? 0, right[at] ?? false)).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => '-'.repeat(width - 1) + (right[at] ? ':' : '-')).join(' | ')} |`;
  return [line(columns.map(({ title }) => title)), rule, ...cells.map(line)].join('\n');
}

function pad(text: string, width: number, right: boolean): string {
  return right ? text.padStart(width) : text.padEnd(width);
}
