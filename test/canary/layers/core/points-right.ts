import type { Reading } from '../collect/host/sibling.ts';

export const reading: Reading = { value: 1 };
