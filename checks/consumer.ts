// A front end in small: lists strains, opens one and meets an error, by the types openapi-typescript makes of the document.

import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

declare const process: { argv: string[] };

type Strain = components["schemas"]["StrainRead"];
type Problem = components["schemas"]["Problem"];

const card = (strain: Strain): string =>
  [strain.name, strain.vein, ...strain.marketed_effects, ...strain.cautions, strain.last_reviewed ?? "not reviewed"].join(" | ");

async function check(origin: string): Promise<void> {
  const api = createClient<paths>({
    baseUrl: origin,
    querySerializer: { array: { style: "form", explode: false } },
  });

  const list = await api.GET("/v1/strains", { params: { query: { vein: ["red", "green"], sort: "-name", limit: 2 } } });
  if (!list.data) throw new Error(`the list of strains was refused: ${list.error.detail}`);
  const [first] = list.data.data;
  if (!first) throw new Error("the list of strains is empty");
  const veins: readonly Strain["vein"][] = list.data.data.map((strain) => strain.vein);
  if (veins.includes("white")) throw new Error("the list holds a vein colour that was not asked for");

  const detail = await api.GET("/v1/strains/{slug}", { params: { path: { slug: first.slug } } });
  if (!detail.data) throw new Error(`a listed strain was refused: ${detail.error.detail}`);
  if (card(detail.data.data) !== card(first)) throw new Error("a strain differs between the list and its own address");

  const missing = await api.GET("/v1/strains/{slug}", { params: { path: { slug: "no-such-strain" } } });
  const problem: Problem | undefined = missing.error;
  if (problem?.status !== 404) throw new Error("a missing strain is not a 404 problem");
  console.log(`${list.data.data.length} strains read by their types`);
}

const origin = process.argv[2];
if (!origin) throw new Error("usage: consumer.js ORIGIN");
await check(origin);
