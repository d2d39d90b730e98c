export async function measureFailover(): Promise<string> {
  return '';
}
