"""Looks at the chain through the RPC of its nodes, for the network tests.

same-history URL...        the final blocks of all nodes are the same at every height that two of them have; prints the
                           number of heights that were compared
final URL...               prints number and hash of the last final block of each node
still-final FILE URL...    each block that `final` printed to the file is in the history of each node, and final there
authored URL NUMBER KEY    prints yes or no: whether one of the blocks after that one is by that Aura key
voted URL NUMBER KEY       prints yes or no: whether the node sees a vote of that GRANDPA key in the next rounds, or has one in a stored proof
                           of finality of those blocks
calls URL NUMBER           prints the number of calls in the blocks after that one, besides the inherent one of each
forked URL URL NUMBER      the two nodes have different blocks at some height after that one

Ends with code 1 and says what is wrong if something is.
"""

import json
import sys
import time
import urllib.request

HASHES_AT_ONCE = 500


def call(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer = json.load(answer)
    if "error" in answer:
        sys.exit(f"{url}: {method}: {answer['error']}")
    return answer["result"]


def final(url):
    """Number and hash of the last final block."""
    digest = call(url, "chain_getFinalizedHead")
    return int(call(url, "chain_getHeader", digest)["number"], 16), digest


def history(url, last):
    """The hashes of all blocks up to a final one."""
    hashes = []
    while len(hashes) <= last:
        numbers = range(len(hashes), min(len(hashes) + HASHES_AT_ONCE, last + 1))
        hashes += call(url, "chain_getBlockHash", list(numbers))
    return hashes


def same_history(*urls):
    histories = {url: history(url, final(url)[0]) for url in urls}
    heights = sorted(map(len, histories.values()))[-2]
    for number in range(heights):
        at_height = {url: known[number] for url, known in histories.items() if number < len(known)}
        if len(set(at_height.values())) != 1:
            sys.exit(f"block {number} is final in more than one form: {at_height}")
    print(heights)


def still_final(path, *urls):
    with open(path) as file:
        noted = [(int(number), digest) for number, digest in map(str.split, file)]
    if not noted:
        sys.exit("no block was noted")
    for url in urls:
        known = history(url, final(url)[0])
        for number, digest in noted:
            if number >= len(known):
                sys.exit(f"{url}: block {number} was final elsewhere, and is not yet here")
            if known[number] != digest:
                sys.exit(f"{url}: block {number} was final as {digest}, and is {known[number]} now")


def blocks_after(url, number):
    """Hashes of the best chain after that block."""
    best = int(call(url, "chain_getHeader")["number"], 16)
    hashes = call(url, "chain_getBlockHash", list(range(number, best + 1)))
    return list(zip(hashes, hashes[1:]))


def vector(encoded, size):
    """The items of a SCALE vector of up to 16383 items of fixed size."""
    data = bytes.fromhex(encoded[2:])
    mode, start = data[0] & 3, 1
    count = data[0] >> 2
    if mode == 1:
        count, start = int.from_bytes(data[:2], "little") >> 2, 2
    items = [data[start + size * n : start + size * (n + 1)] for n in range(count)]
    if start + size * count != len(data):
        sys.exit(f"not a vector of items of {size} bytes: {encoded}")
    return items


def yes_or_no(condition):
    print("yes" if condition else "no")


def authored(url, number, key):
    authors = set()
    for parent, digest in blocks_after(url, int(number)):
        seats = vector(call(url, "state_call", "AuraApi_authorities", "0x", parent), 32)
        logs = (bytes.fromhex(log[2:]) for log in call(url, "chain_getHeader", digest)["digest"]["logs"])
        # A pre-runtime digest of Aura: the slot.
        slot = next(int.from_bytes(log[6:14], "little") for log in logs if log[:5] == b"\x06aura")
        authors.add("0x" + seats[slot % len(seats)].hex())
    yes_or_no(key in authors)


def is_voter(url, key):
    voters = vector(call(url, "state_call", "GrandpaApi_grandpa_authorities", "0x", final(url)[1]), 40)
    return key in (voter[:32] for voter in voters)


def is_in_a_proof(url, number, key):
    blocks = (call(url, "chain_getBlock", digest) for _, digest in blocks_after(url, int(number)))
    proofs = [bytes(proof) for block in blocks for _engine, proof in block["justifications"] or []]
    if not proofs:
        sys.exit("no proof of finality is stored with these blocks")
    return any(key in proof for proof in proofs)


def public_key(address):
    """What an SS58 address with a prefix of one byte stands for."""
    number = 0
    for digit in address:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(digit)
    return number.to_bytes(35, "big")[1:33]


def is_seen(url, key):
    """Whether the node sees a vote in a round, which takes somewhat more than a second; a proof has only the votes that came first."""
    give_up = time.monotonic() + 4
    while time.monotonic() < give_up:
        state = call(url, "grandpa_roundState")
        for step in (round[step] for round in [state["best"], *state["background"]] for step in ("prevotes", "precommits")):
            if key not in map(public_key, step["missing"]):
                return True
        time.sleep(0.15)
    return False


def voted(url, number, key):
    key = bytes.fromhex(key[2:])
    yes_or_no(is_in_a_proof(url, number, key) or is_voter(url, key) and is_seen(url, key))


def calls(url, number):
    bodies = (call(url, "chain_getBlock", digest)["block"]["extrinsics"] for _, digest in blocks_after(url, int(number)))
    print(sum(len(extrinsics) - 1 for extrinsics in bodies))


def forked(one, other, number):
    pairs = zip(blocks_after(one, int(number)), blocks_after(other, int(number)))
    if all(here == there for here, there in pairs):
        sys.exit("both have the same blocks")


COMMANDS = {
    "same-history": same_history,
    "final": lambda *urls: [print(*final(url)) for url in urls],
    "still-final": still_final,
    "authored": authored,
    "voted": voted,
    "calls": calls,
    "forked": forked,
}
if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
    sys.exit(__doc__)
COMMANDS[sys.argv[1]](*sys.argv[2:])
