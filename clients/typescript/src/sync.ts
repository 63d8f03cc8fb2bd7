/** Keeps a copy of the whole content: applies what has changed, and verifies the result by its checksum. */

import type { Bundle, ChangesDocument } from "./generated/index.js";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Fields = { [name: string]: Json };
type Patch = { set: Fields; unset: string[] };
type Changes = ChangesDocument["data"];
type Raw = { dataset_version: string; records: Record<string, Fields[]>; release: Fields } & Fields;

/**
 * How a copy was brought up to date. `current`: it is the newest release. `updated`: the changes since it were applied.
 * `replaced`: the whole newest release was fetched, because there was no copy, it was too old, or a checksum differed.
 * `unreachable`: the server did not answer usefully, and the copy is returned as it was, unverified.
 */
export type State = "current" | "updated" | "replaced" | "unreachable";

export interface Synced {
  /** The whole content, to be stored and passed to the next call. */
  bundle: Bundle;
  state: State;
  /** The changed records when `state` is `updated`. */
  changes: Changes["records"];
  /** Why the server gave no answer, when `state` is `unreachable`. */
  error?: unknown;
}

const TIMEOUT_MILLISECONDS = 60_000;

/** The bundle that the server sent is not the one that its manifest names. */
export class IntegrityError extends Error {}

/**
 * The newest release, made from the previous bundle where possible. The previous bundle is not modified.
 * Throws when the server does not answer and there is no previous bundle, and an `IntegrityError` for a damaged bundle.
 */
export async function sync(origin: string, previous?: Bundle, request: typeof fetch = fetch): Promise<Synced> {
  const base = origin.replace(/\/+$/, "");
  const version: unknown = previous?.dataset_version;
  if (typeof version !== "string") previous = undefined; // it is no copy: another program may have written over the file
  try {
    const changed = previous && (await changedSince(request, base, previous));
    return changed ?? { bundle: await whole(request, base), state: "replaced", changes: [] };
  } catch (error) {
    if (!previous || error instanceof IntegrityError) throw error;
    return { bundle: previous, state: "unreachable", changes: [], error };
  }
}

/** The bundle after the changes. */
export function applied(bundle: Bundle, changes: Changes): Bundle {
  const old = bundle as unknown as Raw;
  const records = new Map<string, Fields>();
  for (const [name, listed] of Object.entries(old.records))
    for (const record of listed) records.set(`${name.replaceAll("_", "-")}/${record.slug}`, record);
  const patched: [string, Fields][] = [];
  for (const change of changes.records) {
    const key = `${change.collection}/${change.slug}`;
    const after = withPatch(records.get(key) ?? {}, change as unknown as Patch);
    records.delete(key);
    if (change.kind !== "deleted") patched.push([`${change.collection}/${after.slug}`, after]);
  }
  for (const [key, record] of patched) records.set(key, record); // only now, as one may have taken another's former slug
  const release = withPatch(old.release, changes.release as unknown as Patch);
  const collections: Record<string, Fields[]> = {};
  for (const { name } of release.collections as { name: string }[]) collections[name.replaceAll("-", "_")] = [];
  for (const key of [...records.keys()].sort()) {
    const listed = collections[key.slice(0, key.indexOf("/")).replaceAll("-", "_")];
    if (!listed) throw new Error(`${key} is of no collection`);
    listed.push(records.get(key) as Fields);
  }
  return {
    dataset_version: changes.dataset_version,
    records: collections,
    release,
    vocabularies: changes.vocabularies ?? old.vocabularies,
    former_slugs: changes.former_slugs ?? old.former_slugs,
  } as unknown as Bundle;
}

/** The canonical form (RFC 8785): JSON.stringify writes numbers and strings as it asks, and sort() is by UTF-16. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = value as Record<string, unknown>;
  const names = Object.keys(fields).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(fields[name])}`).join(",")}}`;
}

/** The SHA-256 of the canonical form of a bundle. */
export async function sha256(bundle: unknown): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(bundle)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The previous bundle with the changes applied; undefined where only the whole release helps. */
async function changedSince(request: typeof fetch, base: string, previous: Bundle): Promise<Synced | undefined> {
  const version = previous.dataset_version;
  const response = await sent(request, `${base}/v1/changes?since=${encodeURIComponent(version)}`);
  if ([400, 404, 410, 422].includes(response.status)) return undefined;
  const { data } = (await answered(response)) as ChangesDocument;
  const isNewest = data.dataset_version === version;
  let bundle: Bundle;
  try {
    // A static host ignores `since` and tells the newest copy what it has already.
    bundle = isNewest ? previous : applied(previous, data);
  } catch {
    return undefined; // the copy or the changes are damaged
  }
  if ((await sha256(bundle)) !== data.sha256) return undefined;
  return isNewest ? { bundle, state: "current", changes: [] } : { bundle, state: "updated", changes: data.records };
}

async function whole(request: typeof fetch, base: string): Promise<Bundle> {
  const { data } = (await answered(await sent(request, `${base}/v1/releases/latest`))) as {
    data: { dataset_version: string; sha256: string };
  };
  const address = `${base}/v1/releases/${encodeURIComponent(data.dataset_version)}/bundle`;
  const bundle = (await answered(await sent(request, address))) as Bundle;
  if ((await sha256(bundle)) !== data.sha256)
    throw new IntegrityError(`The bundle of ${data.dataset_version} does not have the SHA-256 of its manifest.`);
  return bundle;
}

/** The response to a request, which a browser revalidates: it may take a stored one for fresh for a day. */
function sent(request: typeof fetch, address: string): Promise<Response> {
  return request(address, { cache: "no-cache", signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
}

async function answered(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return response.json();
}

function withPatch(old: Fields, patch: Patch): Fields {
  const kept = Object.entries(old).filter(([name]) => !patch.unset.includes(name));
  return { ...Object.fromEntries(kept), ...patch.set };
}
