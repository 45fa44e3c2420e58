"""``python -m bench [section ...]``: measure, and write ``bench/results``."""

if __name__ == "__main__":
    # Processes that measure memory read this file too and are not to load what it loads.
    import os
    import sys

    # One thread for a peer's linear algebra, as is fastest at this size; it is read when a library is loaded.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from bench.running import main

    main(sys.argv[1:])
