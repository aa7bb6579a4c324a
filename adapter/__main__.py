"""`python -m adapter`: the same as the command `visits-adapter`."""

from adapter.cli import main

if __name__ == "__main__":
    main(prog_name="visits-adapter")
