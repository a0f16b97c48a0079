"""Made the files of this folder: a tiny study whose every text tries to harm a terminal."""
import json
import numpy as np
from scipy import sparse

rng = np.random.default_rng(1)
M, D = 60, 12
evil = [
    "\x1b[2J\x1b[H erases the screen",
    "\x1b]0;PWNED\x07 sets the title",
    "\x9b31m C1 control sequence",
    "right \u202eto left\u202c override",
    "zero\u200bwidth\u2060joined\ufeff",
    "日本語の特徴 wide characters",
    "e\u0301 a\u0308 combining 👩\u200d👩\u200d👧 emoji",
    "tab\there, line\nfeed, return\r, bell\x07, backspace\x08\x08",
    "",
    "long " + "x" * 1990 + " end",
    "\x1bP+q544e\x1b\\ device string \x1b[6n asks back",
    "\ue000 private use, \U0010ffff unassigned",
]
z0 = rng.random((M, D)) * (rng.random((M, D)) < 0.3)
mix = np.eye(D) + 0.4 * np.roll(np.eye(D), 1, axis=1)
z1 = np.maximum(z0 @ mix - 0.1, 0) * (rng.random((M, D)) < 0.9)
for name, z in (("first", z0), ("second", z1)):
    sparse.save_npz(f"{name}.npz", sparse.csr_matrix(z.astype(np.float32)))
    with open(f"{name}.jsonl", "w") as out:
        for i, text in enumerate(evil):
            out.write(json.dumps({"layer": name, "index": str(i), "description": text,
                                  "explanationModelName": "\x1b[31mmodel"}) + "\n")
with open("documents.jsonl", "w") as out:
    for d in range(6):
        tokens = [" " + (evil[(d + t) % D][:40] or "nothing") for t in range(10)]
        out.write(json.dumps({"id": f"doc\x1b[5m-{d}", "tokens": tokens}) + "\n")
