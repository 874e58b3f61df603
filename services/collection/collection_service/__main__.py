"""python -m collection_service all | api | worker | migrate | job NAME | openapi."""

import sys

from chassis.run import main

from collection_service.bootstrap import SERVICE

sys.exit(main(SERVICE, sys.argv[1:]))
