/** The largest number that an Int of GraphQL and an integer of PostgreSQL hold: 24.8 days in milliseconds. */
export const MAX_INT = 2_147_483_647;

/** For what grows without a bound of its own: a figure past the largest stands there, rather than fail what it is part of. */
export function clampInt(value: number): number {
  return Math.min(value, MAX_INT);
}
