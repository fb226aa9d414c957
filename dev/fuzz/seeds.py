"""Writes the first corpus of each target into dev/fuzz/corpus: python3 dev/fuzz/seeds.py

What fuzzing found since is added by `make fuzz MODE=keep`, and stays when this is run again.
"""

import hashlib
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def stream(label, length):
    """Bytes without a pattern, the same every time."""
    return hashlib.shake_256(label.encode()).digest(length)


# The acts of src/acts.rs. Who acts is an index of its ACTORS; licence 2 waits for its key from the start.
CHARLIE, DAVE, EVE, FERDIE = 1, 2, 3, 4


def next_block(skipped=0, seed=b"\x04"):
    return bytes([11, skipped]) + seed * 32


def pause(which, seed=b"\x04"):
    return bytes([13, which]) + seed * 32


def deliver(bits, licence=2):
    return bytes([14, licence - 1, 0, bits])


def complain(licence=2):
    return bytes([15, licence - 1])


def work(act, answers, job=1):
    return bytes([16, job - 1, 0, act, answers])


def rate(step, wrong):
    return bytes([18, 0, step, wrong])


def trade(step, who=FERDIE, licence=2, secret=0, more=b""):
    return bytes([20, step, who, licence - 1, 0, secret]) + more


def ask(who=FERDIE, mode=0):
    return bytes([23, who, mode, 0])


def employ(step, who=EVE):
    return bytes([24, step, who])


BUY, EXPIRE, FINALIZE, ASK_AGAIN, TRANSFER, CLOSE, OPEN, YANK, HAND_OVER, UNBOND = 0, 4, 5, 6, 8, 10, 11, 12, 13, 15
BY_KEY = 128

RUNTIME = {
    "key-right": deliver(0) + complain() + next_block() + pause(7),
    "key-wrong": deliver(8) + next_block() + complain() + next_block(),
    "key-late": pause(7) + next_block(),
    "key-expired-by-call": next_block() + pause(7) + trade(EXPIRE),
    "key-again": deliver(0) + trade(FINALIZE) + trade(ASK_AGAIN, secret=1) + next_block() + deliver(0)
    + trade(FINALIZE),
    "key-again-wrong": deliver(0) + trade(FINALIZE) + trade(ASK_AGAIN, secret=1) + deliver(9) + complain()
    + next_block(),
    "licence-handed-on": deliver(0) + trade(FINALIZE) + trade(ASK_AGAIN) + trade(TRANSFER, who=EVE)
    + trade(ASK_AGAIN, who=EVE, secret=2) + next_block() + deliver(0) + pause(7),
    "sales-at-once": trade(BUY, who=EVE) + trade(BUY, who=CHARLIE, secret=1) + deliver(0) + deliver(8, licence=3)
    + complain(licence=3) + next_block() + pause(7),
    "shop-closes": trade(BUY, who=EVE) + trade(YANK) + trade(CLOSE) + trade(HAND_OVER, who=CHARLIE) + next_block()
    + deliver(0) + trade(UNBOND, more=b"\x03") + pause(7),
    "prices": b"".join(trade(OPEN, more=bytes([price, 0, 0, 0])) for price in range(5)) + trade(BUY)
    + next_block() + pause(7),
    "job-agreed": work(0, 0) + next_block() + work(1, 0) + pause(4),
    "job-split": work(0, 1) + next_block() + work(1, 1) + pause(4),
    "job-silent": pause(5) + next_block(3),
    "job-by-key": pause(4) + work(2, BY_KEY) + ask() + pause(1) + next_block() + work(0, BY_KEY, job=2) + next_block()
    + work(1, BY_KEY, job=2) + pause(4),
    "campaign": rate(0, 0) + next_block() + rate(1, 0) + rate(2, 0) + next_block() * 3,
    "campaign-inverted": rate(0, 3) + next_block() + rate(1, 3) + rate(2, 0) + pause(3),
    "agent-ends": employ(0) + employ(1) + employ(3) + next_block(),
    "agent-gives-up": employ(0) + employ(2) + next_block(),
    **{f"any-{length}": stream(f"runtime {length}", length) for length in (200, 600, 1500)},
}

CALLS = {
    "remark": "000000",
    "batch": "150004000000",
    "transfer": "0a0300" + "07" * 32 + "04",
    "rate": "3500" + "01" + "00" * 7 + "32",
    "buy": "3302" + "01000000" * 2,
    "buy-sealed": "3703" + "03000000" + "01000000" + "04" * 32 + "08070000",
    "deliver": "3704" + "02" + "00" * 7 + "04" * 32 + "05" * 32 + "06" * 32,
    "claim-as-proxy": "160000" + "07" * 32 + "00" + "330501000000",
    "bare-remark": "10" + "05" + "000000",
}

SEALING = {
    "recipient": b"age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5",
    "identity": b"AGE-SECRET-KEY-1QCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5",
    "identity-of-points": bytes(32),
    "prime": bytes.fromhex("ed" + "ff" * 30 + "7f"),
    "generator": bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"),
    **{f"any-{length}": stream(f"sealing {length}", length) for length in (300, 600)},
}


def main():
    calls = {name: bytes.fromhex(text) for name, text in CALLS.items()}
    for target, seeds in (("runtime", RUNTIME), ("calls", calls), ("sealing", SEALING)):
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)


main()
