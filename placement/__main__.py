"""``python -m placement`` is the command ``placement``.

Both start here, so that Ctrl-C ends them alike while they are still loading.
"""

try:
    from placement.cli.main import main
except KeyboardInterrupt:
    raise SystemExit(130) from None

if __name__ == "__main__":
    main()
