"""`python -m lotse.container.topics`: the topics of LOTSE_CONFIG's city at LOTSE_KAFKA, made or checked."""

import os
import sys
from pathlib import Path

from contracts.city import CityMisconfigured, read_city
from contracts.topics import Layout, all_topics
from lotse.provision import provision
from lotse.refusal import Refusal


def main() -> int:
    try:
        city = read_city(Path(os.environ["LOTSE_CONFIG"]))
        layout = Layout(person=city.partitions.person, partner=city.partitions.partner)
        changed = provision(os.environ["LOTSE_KAFKA"], all_topics(city.agency_ids), layout)
    except (CityMisconfigured, Refusal) as refused:
        print(refused, file=sys.stderr)
        return 1
    print(*changed or ["nothing to change"], sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
