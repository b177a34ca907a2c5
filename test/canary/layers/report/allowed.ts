import { reading } from '../core/points-right.ts';

export const shown = String(reading.value);
