const compiled = new Map<string, RegExp>();

/** Whether a text matches an IAM pattern: `*` is any run of characters, `?` any one. */
export function like(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    expression = new RegExp(`^${source}$`, 's');
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}

/** Actions are compared without regard to case. */
export function likeAction(pattern: string, action: string): boolean {
  return like(pattern.toLowerCase(), action.toLowerCase());
}
