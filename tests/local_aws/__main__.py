"""Run the local AWS: `python -m local_aws --port 0 --data DIR [--auth]`.

Prints one line, `ready http://127.0.0.1:PORT`, when it serves; its log is DIR/local-aws.log.
It ends on SIGTERM, on SIGINT and when the process that started it has gone.
"""

import argparse
import logging
import os
import socket
from pathlib import Path

from . import ACCOUNT, REGION, SECRET


def main():
    """Read the command line, prepare the environment that ministack reads, serve."""
    parser = argparse.ArgumentParser(prog="local_aws", description="A local AWS for the demo and the tests.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder for the mails, the log, the functions' code"
    )
    parser.add_argument("--auth", action="store_true", help="enforce signatures and the policies of roles")
    parser.add_argument("--region", default=REGION)
    parser.add_argument(
        "--parent", type=int, default=os.getppid(), help="end when this is no longer the parent process"
    )
    arguments = parser.parse_args()

    data = arguments.data.resolve()
    (data / "tmp").mkdir(parents=True, exist_ok=True)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", arguments.port))
    listener.listen()
    port = listener.getsockname()[1]

    # ministack reads these when it is imported, and its Lambda functions inherit them.
    for name in [
        each for each in os.environ if each.startswith(("AWS_", "MINISTACK_", "LAMBDA_", "LOCALSTACK_"))
    ]:
        del os.environ[name]
    os.environ.update(
        AUTH=str(arguments.auth).lower(),
        AWS_ACCESS_KEY_ID=ACCOUNT,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        AWS_EC2_METADATA_DISABLED="true",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        LOCAL_AWS_DATA=str(data),
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_REGION=arguments.region,
        PERSIST_STATE="0",
        SFTP_ENABLED="0",
        TMPDIR=str(data / "tmp"),
    )
    logging.basicConfig(
        filename=data / "local-aws.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s [%(name)s] %(message)s",
    )

    from . import server

    server.run(listener, arguments.parent)


main()
