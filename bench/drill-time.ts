export async function measureDrill(): Promise<string> {
  return '';
}
