#!/usr/bin/env python3
"""Test vectors of `weighhouse_primitives::sealing`, from a second implementation.

Plain Python with hashlib and hmac: ristretto255 by RFC 9496, X25519 by RFC 7748, HKDF by RFC 5869,
bech32 by BIP 173. Slow and not constant time: for vectors only. Prints them as `name = hex`.
"""

import hashlib
import hmac

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def negative(x):
    return x % P & 1


def absolute(x):
    return -x % P if negative(x) else x % P


def sqrt_ratio(u, v):
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, absolute(r)


INVSQRT_A_MINUS_D = sqrt_ratio(1, (-1 - D) % P)[1]


def decode(data):
    s = int.from_bytes(data, "little")
    if s >= P or negative(s):
        return None
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inv = sqrt_ratio(1, v * u2 * u2 % P)
    dx = inv * u2 % P
    x = absolute(2 * s * dx)
    y = u1 * inv * dx * v % P
    t = x * y % P
    if not square or negative(t) or y == 0:
        return None
    return x, y


def encode(point):
    x0, y0 = point
    z0, t0 = 1, x0 * y0 % P
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, inv = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = inv * u1 % P, inv * u2 % P
    z_inv = den1 * den2 * t0 % P
    if negative(t0 * z_inv):
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, den2
    if negative(x * z_inv):
        y = -y % P
    return absolute(den * (z0 - y)).to_bytes(32, "little")


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P,
    )


def times(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = absolute(sqrt_ratio((BASE_Y**2 - 1) % P, (D * BASE_Y**2 + 1) % P)[1])
H = (BASE_X, BASE_Y)


def clamp(k):
    b = bytearray(k)
    b[0] &= 248
    b[31] &= 127
    b[31] |= 64
    return int.from_bytes(b, "little")


def x25519(k, u):
    x1, x2, z2, x3, z3, swap = u, 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = clamp(k) >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a % P, c * b % P
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        aa, bb = a * a % P, b * b % P
        e = (aa - bb) % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, -1, P) % P).to_bytes(32, "little")


def recipient(k):
    return x25519(k, 9)


CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    chk = 1
    for v in values:
        top = chk >> 25
        chk = (chk & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            chk ^= g if top >> i & 1 else 0
    return chk


def bech32(hrp, data):
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    mod = polymod(expanded + values + [0] * 6) ^ 1
    values += [mod >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(CHARSET[v] for v in values)


def mac512(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha512).digest()


def scalar(wide):
    return int.from_bytes(wide, "little") % L


def hkdf(salt, ikm, info):
    prk = hmac.new(salt, ikm, hashlib.sha256).digest()
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()


def main():
    assert encode(H).hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
    genesis, licence, version = b"\x01" * 32, 2, 3
    context = genesis + licence.to_bytes(8, "little") + version.to_bytes(4, "little")
    seed, vault, k = b"\x04" * 32, b"\x05" * 32, b"\x06" * 32
    b = scalar(mac512(seed, b"weighhouse/delivery-key/v1"))
    key = encode(times(b, H))
    e = scalar(mac512(vault, b"weighhouse/seal-point/v1", context, key))
    point = encode(times(e, H))
    shared = encode(times(e, decode(key)))
    assert shared == encode(times(b, decode(point)))
    r = recipient(k)
    pad = hkdf(b"weighhouse/seal/v1", shared, context + key + point + r)
    ciphertext = bytes(x ^ y for x, y in zip(k, pad))
    statement = context + key + point + shared
    nonce = scalar(mac512(b.to_bytes(32, "little"), b"weighhouse/complaint-nonce/v1", statement))
    commitments = encode(times(nonce, H)) + encode(times(nonce, decode(point)))
    digest = hashlib.sha512(b"weighhouse/complaint/v1" + statement + commitments).digest()
    challenge = scalar(digest)
    response = (nonce + challenge * b) % L
    for name, value in (
        ("key", key),
        ("point", point),
        ("shared", shared),
        ("recipient", r),
        ("ciphertext", ciphertext),
        ("challenge", challenge.to_bytes(32, "little")),
        ("response", response.to_bytes(32, "little")),
    ):
        print(f"{name} = {value.hex()}")
    print("recipient text =", bech32("age", r))
    print("identity text =", bech32("age-secret-key-", k).upper())


if __name__ == "__main__":
    main()
