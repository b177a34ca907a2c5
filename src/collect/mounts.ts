/**
 * The mount table of the host, as process 1 sees it; our own view where that is hidden, and the older
 * `mounts` files where there is no `mountinfo`.
 */
import type { Paths } from './collector.ts';
import { Unavailable } from './collector.ts';
import type { FileSet, PseudoFile } from './files.ts';

/** One mounted file system. */
export interface Mount {
  /** As the kernel writes it, escapes included. */
  readonly device: string;
  /** Where it is mounted, seen from the root of the host. */
  readonly mountPoint: string;
  readonly fsType: string;
  /** The path to ask for it, as bytes: below `rootfs`, and not always UTF-8. */
  readonly path: Buffer;
  readonly readOnly: boolean;
  /** Device number; empty where only the `mounts` files exist. */
  readonly major: string;
  readonly minor: string;
}

/** Reads the mount table; parses it only when it changed. */
export class MountTable {
  mounts: readonly Mount[] = [];
  private readonly candidates: readonly PseudoFile[];
  private readonly rootfs: string;
  private source: PseudoFile | undefined;

  constructor(paths: Paths, files: FileSet) {
    this.rootfs = paths.rootfs.replace(/\/+$/, '');
    this.candidates = ['1/mountinfo', 'self/mountinfo', '1/mounts', 'mounts'].map((name) =>
      files.file(`${paths.procfs}/${name}`),
    );
  }

  /** `true` when `mounts` changed. Throws `Unavailable` when no file can be read. */
  read(): boolean {
    let failure: unknown;
    for (const file of this.candidates) {
      try {
        const changed = file.read();
        if (!changed && file === this.source) return false;
        this.parse(file);
        this.source = file;
        return true;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  private parse(file: PseudoFile): void {
    const lines = Buffer.from(file.buf.subarray(0, file.length)).toString('latin1').split('\n');
    const parseLine = file.path.endsWith('/mountinfo') ? parseMountinfoLine : parseMountsLine;
    const mounts: Mount[] = [];
    for (const line of lines) {
      const raw = parseLine(line);
      if (raw !== undefined) mounts.push(this.locate(raw));
    }
    if (mounts.length === 0) throw new Unavailable('broken', `${file.path} holds no mounts`);
    this.mounts = mounts;
  }

  private locate({ options, device, fsType, major, minor, mountPoint }: RawMount): Mount {
    const bytes = Buffer.from(unescapeOctal(mountPoint), 'latin1');
    const seen = bytes.toString('utf8');
    const { rootfs } = this;
    const inside = rootfs !== '' && (seen === rootfs || seen.startsWith(`${rootfs}/`));
    const below = inside ? bytes.subarray(Buffer.byteLength(rootfs)) : bytes;
    return {
      device: utf8(device),
      mountPoint: below.length === 0 ? '/' : below.toString('utf8'),
      fsType,
      path: Buffer.concat([Buffer.from(rootfs), below.length === 0 ? Buffer.from('/') : below]),
      readOnly: options.split(',').includes('ro'),
      major,
      minor,
    };
  }
}

interface RawMount {
  readonly device: string;
  readonly mountPoint: string;
  readonly fsType: string;
  /** Those of the mount and those of the file system. */
  readonly options: string;
  readonly major: string;
  readonly minor: string;
}

/**
 * `id parent major:minor root mountpoint options [tag…] - type source options`.
 * https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts
 */
function parseMountinfoLine(line: string): RawMount | undefined {
  const fields = line.split(' ');
  const dash = fields.indexOf('-', 6);
  const number = /^(\d+):(\d+)$/.exec(fields[2] ?? '');
  if (dash < 0 || fields.length < dash + 4 || number === null) return undefined;
  return {
    device: fields[dash + 2],
    mountPoint: fields[4],
    fsType: fields[dash + 1],
    options: `${fields[5]},${fields[dash + 3]}`,
    major: number[1],
    minor: number[2],
  };
}

/** `device mountpoint type options 0 0` (`man 5 fstab`). */
function parseMountsLine(line: string): RawMount | undefined {
  const [device, mountPoint, fsType, options] = line.split(' ');
  if (options === undefined) return undefined;
  return { device, mountPoint, fsType, options, major: '', minor: '' };
}

/** The kernel writes blank, tab, newline, backslash and hash in paths as a backslash and three octal digits. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
