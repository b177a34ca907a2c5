import fs from 'node:fs';
import { Scanner } from '../core/scanner.ts';
import { labelText } from './utf8.ts';

const LARGEST_ATTRIBUTE_BYTES = 4096;

/**
 * Small files that are too many, or read too seldom, to keep a descriptor and two buffers for each:
 * opened, read once into one shared buffer and closed. The kernel bounds an attribute by one page.
 * https://docs.kernel.org/filesystems/sysfs.html
 */
export class AttributeReader {
  private readonly buf = Buffer.allocUnsafeSlow(LARGEST_ATTRIBUTE_BYTES);
  private length = 0;
  private readonly scan = new Scanner();

  /** Reads the attribute at `path`; `false` when it is not there, not known or not for us. */
  read(path: string | Buffer): boolean {
    this.length = 0;
    try {
      const fd = fs.openSync(path, fs.constants.O_RDONLY);
      try {
        this.length = fs.readSync(fd, this.buf, 0, LARGEST_ATTRIBUTE_BYTES, 0);
      } finally {
        fs.closeSync(fd);
      }
      return true;
    } catch {
      return false; // ENOENT, EINVAL, EOPNOTSUPP, EACCES: in each case the attribute is not known.
    }
  }

  /** The attribute last read as text, without the blanks around it. */
  text(): string {
    return labelText(this.buf.subarray(0, this.length)).trim();
  }

  /** The attribute last read as a number, decimal or `0x` hexadecimal; `NaN` when it is neither. */
  integer(): number {
    const { scan } = this;
    scan.reset(this.buf, this.length);
    scan.skipBlanks();
    let value: number;
    if (scan.startsWithAt(scan.pos, '0x')) {
      scan.pos += 2;
      value = scan.hex();
    } else {
      value = scan.int();
    }
    return scan.atLineEnd() ? value : Number.NaN;
  }
}
