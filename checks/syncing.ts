/** Syncs every kind of copy; the same in Node and in a browser. */

import { type Bundle, canonical, createClient, listStrains, sync } from "kratom-client";

export async function states(origin: string, files: string): Promise<string> {
  const shipped = async (number: number): Promise<Bundle> => (await fetch(`${files}/bundle-${number}.json`)).json();
  const [first, second, newest] = [await shipped(0), await shipped(1), await shipped(2)];
  const tooOld = { ...first, dataset_version: "2020-01-01+00000000" };
  const corrupting: typeof fetch = async (address, options) => {
    const response = await fetch(address, options);
    if (!String(address).includes("/v1/changes")) return response;
    if (options?.cache !== "no-cache") throw new Error("a browser may send changes that it stored yesterday");
    return new Response((await response.text()).replaceAll("checked again", "changed"), { status: response.status });
  };
  const synced = [
    await sync(origin, first),
    await sync(origin, second),
    await sync(origin, newest),
    await sync(origin),
    await sync(origin, tooOld),
    await sync(origin, first, corrupting),
  ];
  for (const { bundle } of synced)
    if (canonical(bundle) !== canonical(newest)) throw new Error("a copy is not the newest release");
  const kinds = new Set(synced.flatMap(({ changes }) => changes.map(({ kind }) => kind)));
  if (kinds.size !== 4) throw new Error(`the changes are only ${[...kinds]}`);
  const vectors: { promise: string; json: string; canonical: string }[] = await (await fetch(`${files}/canonical.json`)).json();
  for (const vector of vectors)
    if (canonical(JSON.parse(vector.json)) !== vector.canonical) throw new Error(`not so: ${vector.promise}`);
  if (vectors.length < 10) throw new Error("no vectors");
  const offline = await sync("http://127.0.0.1:9", newest);
  if (offline.bundle !== newest || !offline.error) throw new Error("the shipped bundle was not kept");
  const { data } = await listStrains({ client: createClient({ baseUrl: origin }), throwOnError: true });
  if (!data.data.length) throw new Error("no strains");
  return [...synced, offline].map(({ state }) => state).join(" ");
}
