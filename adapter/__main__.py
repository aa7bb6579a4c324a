"""`python -m adapter` is `visits-adapter`."""

from adapter.cli import main

if __name__ == "__main__":
    main(prog_name="visits-adapter")
