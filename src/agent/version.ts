/** Version of the package that the agent came with; the bundler puts it in. */
export const version: string = process.env.CODOPERF_VERSION ?? '0.0.0-source';
