export function loose(value: any): string {
  return String(value);
}
