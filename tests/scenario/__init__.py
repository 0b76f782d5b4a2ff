"""The main job, whole, on a local AWS: deploy, provoke KMS errors, receive the alert, remove.

`steps` is the scenario: each step does one thing and holds what it expects. `python -m scenario`
(make demo) tells it to a reader; test_end_to_end runs the same steps as tests. Other stories are told
and tested the same way.

- world: what the steps act on: the deployer's clients, the stack, the mailbox
- cloudtrail: the log events that CloudTrail would deliver
- steps: the scenario
- beside_the_lab: the same beside what people may have already
- going_back: failures, rollbacks and what somebody changed by hand
- new_code: later deployments: of a parameter, of new code, of new code that fails at first
- second_net: what is lost is told
- sam: the same as users of SAM walk it (make sam)
- as_tests: a story as tests
"""
