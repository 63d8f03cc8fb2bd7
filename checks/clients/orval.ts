import { listStrains } from "../generated/orval/client";
import { StrainSort, Vein } from "../generated/orval/model";

const response = await listStrains({ vein: [Vein.red, Vein.green], sort: StrainSort.slug });
if (response.status !== 200) throw new Error(`the status is ${response.status}`);
for (const strain of response.data.data) console.log(strain.slug, strain.vein);
