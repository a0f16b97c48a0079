"""Made the files of this folder: dense layers over plain lines of text, one sample a line."""
import random
import struct

lines = [
    "The cat sat on the mat.",
    "A dog, and then another dog, ran after the cat until both were out of breath and lay down in the grass.",
    "Nothing here.",
    "Some text with \x1b[31m an escape and   several blanks",
    "the last line but one",
    "the last line",
]


def save(name, rows):
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (len(rows), len(rows[0]))
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    with open(name, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for row in rows:
            out.write(struct.pack("<%df" % len(row), *row))


random.seed(3)
open("lines.txt", "w").write("".join(line + "\n" for line in lines))
first = [[random.gauss(0, 1) for _ in range(5)] for _ in lines]
weight = [[random.gauss(0, 1) for _ in range(4)] for _ in range(5)]
second = [[sum(x * weight[i][j] for i, x in enumerate(row)) + random.gauss(0, 0.1) for j in range(4)] for row in first]
save("first.npy", first)
save("second.npy", second)
