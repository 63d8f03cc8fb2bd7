"""Lists strains through the Python client that openapi-generator makes."""

import sys

from kratom import ApiClient, Configuration, StrainsApi, StrainSort, Vein

with ApiClient(Configuration(host=sys.argv[1])) as client:
    page = StrainsApi(client).list_strains(vein=[Vein.RED, Vein.GREEN], sort=StrainSort.SLUG)
for strain in page.data:
    print(strain.slug, strain.vein.value)
