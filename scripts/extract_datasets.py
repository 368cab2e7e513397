#!/usr/bin/python3
"""Makes data/*.csv.gz from Debian's package python3-sklearn (nothing is installed).

  scripts/extract_datasets.py [PACKAGE.deb]     without an argument: `apt-get download python3-sklearn` into a temporary folder

The packed files are the same, byte for byte, whenever they are made. See data/README.md for sources and licences.
"""
import csv
import gzip
import io
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
INSIDE = "usr/lib/python3/dist-packages/sklearn/datasets/data"
IRIS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
WINE = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids", "nonflavanoid_phenols",
        "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline"]
NUCLEUS = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry",
           "fractal_dimension"]
CANCER = [f"{kind}_{name}" for kind in ("mean", "error", "worst") for name in NUCLEUS]
PIXELS = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]


def write(name, header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header + ["class"])
    writer.writerows(rows)
    with open(DATA / f"{name}.csv.gz", "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as packed:
        packed.write(text.getvalue().encode())
    print(f"{name}: {len(rows)} rows of {len(header)} features, {(DATA / f'{name}.csv.gz').stat().st_size} bytes")


def named(folder, name, file, header):
    """scikit-learn's tables: a first line `rows,features,class names`, then numbers with the class as an index."""
    rows = list(csv.reader((folder / file).open()))
    classes = rows[0][2:]
    write(name, header, [row[:-1] + [classes[int(row[-1])]] for row in rows[1:]])


def extract(package, folder):
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    inside = Path(folder) / INSIDE
    named(inside, "iris", "iris.csv", IRIS)
    named(inside, "wine", "wine_data.csv", WINE)
    named(inside, "breast_cancer", "breast_cancer.csv", CANCER)
    with gzip.open(inside / "digits.csv.gz", "rt") as file:
        write("digits", PIXELS, list(csv.reader(file)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            return extract(sys.argv[1], folder)
        subprocess.run(["apt-get", "download", "python3-sklearn"], check=True, cwd=folder)
        extract(str(next(Path(folder).glob("*.deb"))), folder)


if __name__ == "__main__":
    main()
