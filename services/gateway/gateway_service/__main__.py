"""python -m gateway_service all | api | worker | migrate | openapi | account NAME …"""

import sys

from chassis.run import main

from gateway_service.bootstrap import SERVICE
from gateway_service.jobs import accounts

if __name__ == "__main__":
    if sys.argv[1:2] == ["account"]:
        sys.exit(accounts.main(SERVICE, sys.argv[2:]))
    sys.exit(main(SERVICE, sys.argv[1:]))
