/** What is promised of a figure, and whether it is kept. */
export function within(measured: number, most: number, text: string) {
  return { text: `within ${text}:`, kept: measured <= most };
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}

export function microseconds(us: number): string {
  return `${us.toFixed(1)} µs`;
}
