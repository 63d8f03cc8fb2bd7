import { createClient } from "../generated/hey-api/client";
import { listStrains } from "../generated/hey-api";

const client = createClient({ baseUrl: process.argv[2] ?? "" });
const { data } = await listStrains({ client, query: { vein: ["red", "green"], sort: "slug" }, throwOnError: true });
for (const strain of data.data) console.log(strain.slug, strain.vein);
