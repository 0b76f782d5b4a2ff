"""The server: ministack with the missing links, the pages of this package, and an end.

Importing this module imports ministack, so the environment must be ready (see __main__.py);
importing the links wraps ministack's functions.
"""

import asyncio
import json
import logging
import os
import signal

import cbor2  # noqa: F401 (without it ministack answers 200 to CloudWatch calls and drops them)
import hypercorn.asyncio
import hypercorn.config
import ministack.app
import samtranslator  # noqa: F401 (without it there is no AWS::Serverless transform)
from ministack.core import lambda_runtime

from . import (  # noqa: F401
    alarms,
    asynchronous,
    calls,
    clock,
    custom_resource,
    embedded_metrics,
    logs,
    mailbox,
    metric_data,
    policies,
    queues,
    schedules,
    versions,
)

log = logging.getLogger("local_aws")


async def application(scope, receive, send):
    """Our own paths; everything else is ministack's."""
    if scope["type"] == "lifespan":
        await ministack.app.app(scope, receive, _announcing(send))
    elif scope["type"] == "http" and scope["path"].startswith("/_local/"):
        status, answer = _local(scope["method"], scope["path"], await _body(receive))
        await _answer(send, status, json.dumps(answer).encode(), b"application/json")
    elif scope["type"] == "http" and scope["path"].startswith(custom_resource.PATH):
        raw_url = f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}"
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, code = custom_resource.receive(scope["method"], raw_url, headers, await _body(receive))
        log.info("ResponseURL: %s, %d %s", scope["method"], status, code or "")
        error = f"<Error><Code>{code}</Code></Error>" if code else ""
        await _answer(send, status, error.encode(), b"application/xml")
    else:
        await ministack.app.app(scope, receive, send)


def _local(method, path, body):
    try:
        request = json.loads(body or b"{}")
        if (method, path) == ("GET", "/_local/mails"):
            return 200, mailbox.mails()
        if (method, path) == ("POST", "/_local/confirm"):
            confirmed = mailbox.confirm(request["address"])
            return (200 if confirmed else 404), {"confirmed": confirmed}
        if (method, path) == ("POST", "/_local/minutes"):
            clock.minutes_pass(request["minutes"])
            return 200, request
        if (method, path) == ("POST", "/_local/tick"):
            return 200, {"invoked": schedules.tick(request["time"], request["prefix"])}
        if (method, path) == ("GET", "/_local/running"):
            return 200, {"running": asynchronous.running()}
        if (method, path) == ("GET", "/_local/calls"):
            return 200, calls.counts()
        if (method, path) == ("PUT", "/_local/pages"):
            logs.set_pages(**request)
            return 200, request
    except (KeyError, TypeError, ValueError) as error:
        return 400, {"error": repr(error)}
    return 404, {"error": f"no {method} {path}"}


async def _body(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _answer(send, status, body, content_type):
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _announcing(send):
    async def announce(message):
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            print(f"ready {os.environ['AWS_ENDPOINT_URL']}", flush=True)

    return announce


def run(listener, parent):
    """Serve on a listening socket until told to stop, or until the parent has gone."""
    config = hypercorn.config.Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.errorlog = logging.getLogger("hypercorn.error")
    asyncio.run(_serve(config, parent))


async def _serve(config, parent):
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop)
    # With a trigger of ours, hypercorn leaves the signals alone.
    server = asyncio.create_task(
        hypercorn.asyncio.serve(application, config, shutdown_trigger=asyncio.Event().wait)
    )
    while os.getppid() == parent and not server.done():
        await asyncio.sleep(0.2)
    if server.done():
        server.result()
    _stop()


def _stop():
    """End at once, with every function's process: nothing here is worth waiting for."""
    for workers in list(lambda_runtime._workers.values()):
        for worker in workers:
            if worker._proc is not None:
                worker._proc.kill()
    log.info("stopped")
    logging.shutdown()
    os._exit(0)
