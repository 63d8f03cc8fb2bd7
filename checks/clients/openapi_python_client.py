"""Lists strains through the client that openapi-python-client makes."""

import sys

from generated_client import Client
from generated_client.api.strains import list_strains
from generated_client.models import StrainPage, StrainSort, Vein

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
page = list_strains.sync(client=client, vein=[Vein.RED, Vein.GREEN], sort=StrainSort.SLUG)
assert isinstance(page, StrainPage), page
for strain in page.data:
    print(strain.slug, strain.vein)
