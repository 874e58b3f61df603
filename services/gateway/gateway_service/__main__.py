"""python -m gateway_service all | api | worker | migrate | openapi"""

import sys

from chassis.run import main

from gateway_service.bootstrap import SERVICE

if __name__ == "__main__":
    sys.exit(main(SERVICE, sys.argv[1:]))
