/** The version of the package; the build puts it in. */
export const version: string = process.env.CODOPERF_VERSION ?? '0.0.0-source';
