"""Wrapping functions of ministack, in process.

ministack is pinned exactly, because what is wrapped here is private to it. A name that is
gone fails at start, not in the middle of a demo.
"""

import functools

from ministack.services.cloudformation import provisioners


def around(module, name):
    """Let the decorated function stand in for `module.name`; it gets the original first."""

    def decorate(function):
        original = getattr(module, name)

        @functools.wraps(original)
        def replacement(*args, **kwargs):
            return function(original, *args, **kwargs)

        setattr(module, name, replacement)
        # CloudFormation keeps its own table of handlers.
        for handlers in provisioners._RESOURCE_HANDLERS.values():
            for verb, handler in handlers.items():
                if handler is original:
                    handlers[verb] = replacement
        return function

    return decorate
