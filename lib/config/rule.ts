import * as z from 'zod';

export type Path = readonly (string | number)[];
export type Complain = (path: Path, allowed: string) => void;
export type Rule = (environment: unknown, complain: Complain) => void;

export function rule<Part extends z.ZodType>(
  part: Part,
  check: (value: z.output<Part>, complain: Complain) => void,
): Rule {
  return (environment, complain) => {
    const result = part.safeParse(environment);
    if (result.success) check(result.data, complain);
  };
}

const named = z.object({ name: z.string() });

/** Of an item of a list, when it has one. */
export function nameOf(item: unknown): string | undefined {
  return named.safeParse(item).data?.name;
}

export function unique(keys: readonly (string | undefined)[], path: Path, complain: Complain): void {
  keys.forEach((key, index) => {
    if (key !== undefined && keys.indexOf(key) !== index)
      complain([...path, index], `each only once (${key} is listed before)`);
  });
}
