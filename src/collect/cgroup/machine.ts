import { Scanner } from '../../core/scanner.ts';
import type { PseudoFile } from '../files.ts';

const BYTES_PER_KIB = 1024;
const names = ['MemTotal:', 'SwapTotal:', 'SwapFree:'];

/** The memory of the machine in bytes: what the root cgroup has, which v2 does not account (`/proc/meminfo`). */
export class Machine {
  memTotal = Number.NaN;
  swapTotal = Number.NaN;
  swapFree = Number.NaN;
  private readonly file: PseudoFile;
  private readonly scan = new Scanner();
  private readonly found = new Float64Array(names.length);

  constructor(meminfo: PseudoFile) {
    this.file = meminfo;
  }

  /** Refreshes the figures; NaN for those that the file does not hold. */
  read(): void {
    const { file, scan, found } = this;
    if (!file.tryRead() && file.found) return;
    found.fill(Number.NaN);
    scan.reset(file.buf, file.length);
    do {
      if (!scan.word()) continue;
      for (let i = 0; i < names.length; i++) if (scan.wordIs(names[i])) found[i] = scan.uint() * BYTES_PER_KIB;
    } while (scan.nextLine());
    this.memTotal = found[0];
    this.swapTotal = found[1];
    this.swapFree = found[2];
  }
}
