"""Loads preferences with Hugging Face's `datasets`, as a trainer would, and says what was loaded. Usage: load_preferences.py PREFERENCES.jsonl

The library is heavy and nothing else needs it, so it has packages of its own: `run.sh load`.
"""

import os
import sys
import tempfile

# A file on this machine is read, so nothing has to be asked of a hub.
os.environ["HF_HUB_OFFLINE"] = "1"

import datasets  # noqa: E402

TEXTS = ("prompt", "chosen", "rejected")


def main(path):
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset("json", data_files=path, split="train", cache_dir=cache)
        columns = loaded.features
        for name in TEXTS:
            if columns[name].dtype != "string":
                raise TypeError(f"{name} is {columns[name]}, and a trainer wants text")
        if columns["confidence"].dtype != "float64":
            raise TypeError(f"confidence is {columns['confidence']}")
        pairs = [tuple(row[name] for name in TEXTS) for row in loaded]
        if not pairs or any(not prompt or chosen == rejected for prompt, chosen, rejected in pairs):
            raise ValueError("there is no pair, or one without a prompt or with the same answer twice")
        print(f"datasets {datasets.__version__}: {len(loaded)} rows with {', '.join(loaded.column_names)}")


if __name__ == "__main__":
    main(sys.argv[1])
