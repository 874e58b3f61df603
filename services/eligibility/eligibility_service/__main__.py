"""`python -m eligibility_service all | api | worker | migrate | job NAME`."""

import sys

from chassis.run import main

from eligibility_service.bootstrap import SERVICE

sys.exit(main(SERVICE, sys.argv[1:]))
