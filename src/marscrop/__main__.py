"""`python -m marscrop`: the command line, as `torchrun -m` also needs it."""

from marscrop.cli.start import start

if __name__ == "__main__":
    start()
