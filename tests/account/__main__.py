"""`make account` and `make account-clean`; `check` only says whether there is such an account. Exits with 0 when every step
held and everything was removed; with 2 when it could not begin, saying why."""

import argparse
import sys
import traceback

from .access import Account, Refused
from .names import masked
from .run import clean, walk


def main():
    """Read the command line and run the verb."""
    parser = argparse.ArgumentParser(prog="account", description="kms-alarm's main job in a real account.")
    parser.add_argument("verb", choices=["check", "walk", "clean"])
    parser.add_argument("--region", default="")
    parser.add_argument("--profile", default="")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--no-key", action="store_true", help="make no KMS key, and leave out its step")
    arguments = parser.parse_args()

    def tell(line):
        print(line, flush=True)

    where = {"region": arguments.region, "profile": arguments.profile}
    common = {**where, "yes": arguments.yes, "tell": tell, "ask": input}
    try:
        if arguments.verb == "check":
            Account(**where)
            return 0
        return clean(**common) if arguments.verb == "clean" else walk(**common, key=not arguments.no_key)
    except Refused as refused:
        print(masked(refused), file=sys.stderr)
        return 2
    except Exception:  # noqa: BLE001 (whatever it is, it may have the account's number)
        print(masked(traceback.format_exc()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


sys.exit(main())
