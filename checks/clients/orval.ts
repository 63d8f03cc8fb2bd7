import { listStrains } from "../generated/orval/client";
import { StrainSort, Vein } from "../generated/orval/model";

const answer = await listStrains({ vein: [Vein.red, Vein.green], sort: StrainSort.slug });
if (answer.status !== 200) throw new Error(`the answer is ${answer.status}`);
for (const strain of answer.data.data) console.log(strain.slug, strain.vein);
