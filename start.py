"""The one way to start: makes the environment, installs what is missing, then serves, tests or speaks.

Only the version check lives here, in a form that old Pythons can still read; the rest is in `launcher`.
"""

import sys

MINIMUM_PYTHON = (3, 10)


def too_old(version: tuple) -> str:  # type: ignore[type-arg]  # tuple[int, ...] is an error on Python 3.8
    """Say what is wrong with an interpreter of this version, or return an empty string.

    Args:
        version: (major, minor, micro, ...) of the running interpreter.
    """
    if tuple(version[:2]) >= MINIMUM_PYTHON:
        return ""
    return "Python {} or newer is needed, this is {}. Install it, then run: python{} start.py".format(
        ".".join(map(str, MINIMUM_PYTHON)),
        ".".join(map(str, version[:3])),
        ".".join(map(str, MINIMUM_PYTHON)),
    )


def main() -> int:
    """Check the interpreter, then hand over to the launcher."""
    problem = too_old(sys.version_info)
    if problem:
        sys.stderr.write(problem + "\n")
        return 1
    from launcher.cli import main as launch

    return launch(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
