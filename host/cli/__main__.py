"""`python -m host.cli` is `tieline`."""

from host.cli import main

if __name__ == "__main__":
    main()
