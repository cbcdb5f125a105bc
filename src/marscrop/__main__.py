"""`python -m marscrop`: the command line, as `torchrun -m` also needs it."""

from marscrop.cli.app import main

if __name__ == "__main__":
    main()
