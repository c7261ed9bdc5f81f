"""`python -m spine`."""

from spine.cli.main import main

if __name__ == "__main__":
    main()
