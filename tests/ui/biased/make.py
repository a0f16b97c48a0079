"""Made the files of this folder: an attribute goes with the label in the training documents, and not
in those that are held out."""
import json
import random
import struct

TRAIN, HELD, FEATURES = 120, 80, 12


def save(name, kind, rows):
    shape = "(%d, %d)" % (len(rows), len(rows[0])) if isinstance(rows[0], list) else "(%d,)" % len(rows)
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    code = {"<f4": "f", "|u1": "B"}[kind]
    with open(name, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for row in rows:
            row = row if isinstance(row, list) else [row]
            out.write(struct.pack("<%d%s" % (len(row), code), *row))


random.seed(7)
job = [i % 2 for i in range(TRAIN + HELD)]
gender = [i % 2 if i < TRAIN else i // 2 % 2 for i in range(TRAIN + HELD)]
said = []
for i in range(TRAIN + HELD):
    chance = [0.2 + 0.5 * job[i]] * 4 + [0.15 + 0.7 * gender[i]] * 3 + [0.1] * 5
    said.append([1 + random.random() if random.random() < c else 0 for c in chance])
meant = [[0.5 * x + (0.2 * random.random() if x else 0) for x in row] for row in said]
save("meant.npy", "<f4", meant)
save("said.npy", "<f4", said)
save("job.npy", "|u1", job)
save("gender.npy", "|u1", gender)
with open("documents.jsonl", "w") as out:
    for i in range(TRAIN + HELD):
        document = {"id": str(i), "tokens": ["biography %d" % i]}
        if i >= TRAIN:
            document["split"] = "held out"
        out.write(json.dumps(document) + "\n")
with open("said.tsv", "w") as out:
    out.write("index\tlabel\n")
    for k in range(FEATURES):
        out.write("%d\t%s\n" % (k, "the job" if k < 4 else "he or she" if k < 7 else "nothing much"))
