import { execFileSync } from 'node:child_process';

export const host = execFileSync('hostname').toString();
