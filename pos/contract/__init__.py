"""What a till may say: bytes become an event, or everything that is wrong with them is named. Pure.

`event` reads the careful way and names every problem; `fast_reader` reads ordinary events in C and leaves the others to
it; `fields` reads one value; `refusals` is what later steps refuse in the same words.
"""
