import type { Reading } from './sibling.ts';

export const readings: Reading[] = [];
