"""python -m statistics_service all | api | worker | migrate | job NAME | openapi."""

import sys

from chassis.run import main

from statistics_service.bootstrap import SERVICE

sys.exit(main(SERVICE, sys.argv[1:]))
