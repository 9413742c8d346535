"""`make demo`: the product's main job, told on a fresh tenant against the real server."""
