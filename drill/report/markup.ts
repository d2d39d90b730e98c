/** Text that is HTML already; everything else put into `html` is escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Text = string | number;
type Part = Markup | Text | null | undefined | readonly Part[];

/** HTML from a template, every value escaped unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < parts.length ? render(parts[i]) : '')).join(''));
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (part === null || part === undefined) return '';
  if (typeof part === 'object') return part.map(render).join('');
  return String(part).replaceAll(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
