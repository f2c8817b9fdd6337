"""mirror.py FROM TO: makes TO a copy of a checkout, without hidden folders.

Files that are the same already are not touched, so that cargo compiles only what differs; a file that differs gets the
present time, whatever its age is, so that cargo cannot take it for an old one.
"""

import os
import shutil
import sys

SKIPPED = {"node_modules", "target"}


def files_of(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED and not name.startswith(".")]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), root)


def same(one, other):
    try:
        with open(one, "rb") as a, open(other, "rb") as b:
            return a.read() == b.read()
    except FileNotFoundError:
        return False


source, copy = sys.argv[1:]
wanted = set(files_of(source))
for name in files_of(copy) if os.path.isdir(copy) else ():
    if name not in wanted:
        os.remove(os.path.join(copy, name))
for name in wanted:
    there, here = os.path.join(source, name), os.path.join(copy, name)
    if os.path.isfile(there) and not same(there, here):
        os.makedirs(os.path.dirname(here), exist_ok=True)
        shutil.copyfile(there, here)
