"""``python -m placement`` is the command ``placement``."""

from placement.cli.main import main

if __name__ == "__main__":
    main()
