"""Adapters that are known to be bad: each is the reference with one misbehaviour, which its docstring names.

`python -P -m tests.fakes.gallery KIND/NAME` serves one. All start well, unless they say otherwise, and misbehave in the
batches that follow. None can outlive `LIFE_S`, and what each takes of the machine is bounded. `make gallery` judges
all of them and writes docs/gallery.md.
"""
