"""CloudWatch Logs filter patterns: which log events match.

`compile("{ $.errorCode = \\"*\\" }")` gives a `Pattern`; call it with a message. Written
after the user guide's grammar, in its words; nothing here talks to AWS or to ministack.
A pattern that the guide does not allow raises `InvalidPattern`.

JSON patterns: selectors, `=` `!=` `<` `>` `<=` `>=`, strings with `*` at the start or the
end, numbers, IP addresses, `IS NULL|TRUE|FALSE`, `NOT EXISTS`, `%regular expressions%`,
`&&`, `||` and parentheses, in that order of strength: `()`, `&&`, `||`. Unstructured
patterns: terms, `"phrases"`, `-excluded`, `?any ?of`. Space-delimited patterns `[a, b]` are
refused: nothing here uses them.

The guide does not say what `!=` means for a field that is absent. Here it does not match.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
"""

import json
import operator
import re

MAX_LENGTH = 1024

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<symbol>&&|\|\||!=|<=|>=|[=<>()])
    | (?P<selector>\$(?:\.[\w-]+|\[\d+\])+)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<regex>%[^%]*%)
    | (?P<word>[^\s"%$&|=<>!(){}]+)
    )""",
    re.VERBOSE | re.ASCII,
)
_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_BARE_STRING = re.compile(r"\*?\w*\*?|[\d.]+\*?", re.ASCII)
_REGEX_CHARACTERS = re.compile(r"[\w\s:#=@/;,\-^$?\[\]{}|\\*+.]+", re.ASCII)
_COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_ABSENT = object()


class InvalidPattern(ValueError):
    """The pattern is not one that CloudWatch Logs accepts."""


class Pattern:
    """A compiled pattern: call it with a message, it says whether the message matches."""

    def __init__(self, matches, selectors=()):
        self._matches = matches
        self.selectors = tuple(selectors)

    def __call__(self, message):
        return self._matches(message)


def compile(pattern):  # noqa: A001 (the same name as re.compile)
    """Read a pattern, once, for many messages."""
    if len(pattern) > MAX_LENGTH:
        raise InvalidPattern(f"longer than {MAX_LENGTH} characters")
    text = pattern.strip()
    if text.startswith("{"):
        return _json_pattern(text)
    if text.startswith("["):
        raise InvalidPattern("space-delimited patterns are not supported by this local AWS")
    return _terms(text)


def select(selector, message):
    """The scalar that a selector points to in a message, or None."""
    value = _value(_steps(selector), _document(message))
    return value if _is_scalar(value) else None


def _json_pattern(text):
    if not text.endswith("}"):
        raise InvalidPattern("the closing brace is missing")
    parser = _Parser(_tokens(text[1:-1]))
    condition = parser.alternatives()
    parser.end()

    def matches(message):
        document = _document(message)
        return document is not None and condition(document)

    return Pattern(matches, parser.selectors)


def _tokens(text):
    tokens, position = [], 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if not found:
            raise InvalidPattern(f"cannot read: {text[position:].strip()}")
        tokens.append((found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent; each method returns a condition, a function of the document."""

    def __init__(self, tokens):
        self._tokens = tokens + [("end", "the end")]
        self.selectors = []
        self._expressions = 0

    def alternatives(self):
        conditions = self._joined("||", self._conjunction)
        return lambda document: any(condition(document) for condition in conditions)

    def end(self):
        self._expect("end")

    def _conjunction(self):
        conditions = self._joined("&&", self._condition)
        return lambda document: all(condition(document) for condition in conditions)

    def _joined(self, symbol, operand):
        operands = [operand()]
        while self._tokens[0] == ("symbol", symbol):
            self._tokens.pop(0)
            operands.append(operand())
        return operands

    def _condition(self):
        if self._tokens[0] == ("symbol", "("):
            self._tokens.pop(0)
            condition = self.alternatives()
            self._expect("symbol", ")")
            return condition
        selector = self._expect("selector")
        self.selectors.append(selector)
        steps = _steps(selector)
        test = self._test()
        return lambda document: test(_value(steps, document))

    def _test(self):
        kind, text = self._tokens.pop(0)
        if (kind, text) == ("word", "IS"):
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}
            word = self._expect("word")
            if word not in wanted:
                raise InvalidPattern(f"IS {word}")
            return lambda value: value is wanted[word]
        if (kind, text) == ("word", "NOT"):
            self._expect("word", "EXISTS")
            return lambda value: value is _ABSENT
        if kind == "symbol" and text in _COMPARE:
            return self._comparison(text)
        raise InvalidPattern(f"a comparison was expected, found {text}")

    def _comparison(self, symbol):
        kind, text = self._tokens.pop(0)
        number = _number(text) if kind == "word" else None
        if number is not None:
            compare = _COMPARE[symbol]
            same_text = _text_test(text)
            return lambda value: (
                compare(value, number)
                if _is_number(value)
                else _is_scalar(value) and symbol in ("=", "!=") and same_text(value) == (symbol == "=")
            )
        if symbol not in ("=", "!="):
            raise InvalidPattern(f"{symbol} needs a number, found {text}")
        if kind == "string":
            equal = _text_test(_unquoted(text[1:-1]))
        elif kind == "regex":
            equal = self._expression(text[1:-1])
        elif kind == "word" and _BARE_STRING.fullmatch(text):
            equal = _text_test(text)
        else:
            raise InvalidPattern(f"a value was expected, or one in quotes: {text}")
        return lambda value: _is_scalar(value) and equal(value) == (symbol == "=")

    def _expression(self, text):
        self._expressions += 1
        if self._expressions > 2 or not _REGEX_CHARACTERS.fullmatch(text):
            raise InvalidPattern(f"regular expression: {text}")
        try:
            expression = re.compile(text, re.ASCII)
        except re.error as error:
            raise InvalidPattern(f"regular expression: {text}: {error}") from error
        return lambda value: bool(expression.search(_as_text(value)))

    def _expect(self, kind, text=None):
        found_kind, found = self._tokens.pop(0)
        if found_kind != kind or (text and found != text):
            raise InvalidPattern(f"{text or kind} was expected, found {found}")
        return found


def _terms(text):
    required, excluded, any_of, position = [], [], [], 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise InvalidPattern(f"cannot read: {text[position:]}")
        sign, phrase, word = found.groups()
        {"": required, "-": excluded, "?": any_of}[sign].append(
            _unquoted(phrase) if phrase is not None else word
        )
        position = found.end()
    return Pattern(
        lambda message: (
            all(term.strip() in message for term in required)
            and not any(term in message for term in excluded)
            and (not any_of or any(term in message for term in any_of))
        )
    )


def _steps(selector):
    return [name or int(index) for name, index in _STEP.findall(selector)]


def _value(steps, value):
    for step in steps:
        if (
            isinstance(step, str)
            and isinstance(value, dict)
            and step in value
            or isinstance(step, int)
            and isinstance(value, list)
            and step < len(value)
        ):
            value = value[step]
        else:
            return _ABSENT
    return value


def _document(message):
    try:
        document = json.loads(message)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _is_scalar(value):
    """A selector on an array or an object matches nothing, and null has its own test."""
    return isinstance(value, (str, bool, int, float))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def _number(text):
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text) else None


def _unquoted(text):
    return re.sub(r"\\(.)", r"\1", text)


def _text_test(term):
    """Equality with a term; a star counts at its start and its end only."""
    body = term[1 if term.startswith("*") else 0 :]
    ends = body.endswith("*")
    body = body[:-1] if ends else body
    if term.startswith("*") and ends:
        return lambda value: body in _as_text(value)
    if term.startswith("*"):
        return lambda value: _as_text(value).endswith(body)
    if ends:
        return lambda value: _as_text(value).startswith(body)
    return lambda value: _as_text(value) == body
