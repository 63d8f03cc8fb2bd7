import createClient from "openapi-fetch";
import type { paths } from "../generated/api";

const client = createClient<paths>({
  baseUrl: process.argv[2] ?? "",
  querySerializer: { array: { style: "form", explode: false } },
});
const { data, error } = await client.GET("/v1/strains", { params: { query: { vein: ["red", "green"], sort: "slug" } } });
if (!data) throw new Error(error.detail ?? error.title);
for (const strain of data.data) console.log(strain.slug, strain.vein);
