"""Run the command line with ``python -m hipkg``."""

from hipkg.cli import main

main()
