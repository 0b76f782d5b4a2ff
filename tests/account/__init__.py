"""The main job in a real account, and what only an account can tell: `make account REGION=...`.

The demo runs on a local AWS, which knows what AWS documents. This walks the same way in an account of yours: it makes a
log group, a role that nobody can assume, a queue that stands for a person, deploys the stack, writes CloudTrail's events
into the log group itself, and looks at what comes. It ends with a table of what was expected and what happened, in
account-report.md, and removes all that it made, also when it fails or is interrupted. `make account-clean` removes what
a crash left.

- access: the Region, the credentials, the clients, and what refused calls mean
- names: the prefix and the tag that everything has, and what hides account numbers
- price: what a walk costs
- clock: the time, and waiting
- signals: Ctrl-C, and how it is held off while things are removed
- left: finds what a walk made, by name and by tag, and removes it
- stacks: deploys and deletes, and why it failed
- inbox: the queue that is subscribed instead of a person
- world: what the steps act on
- steps: the walk
- run: the walk from the question to the report
- report: the table
- not_here: what the local AWS cannot show; the tests run the walk on it as if it were an account
"""
