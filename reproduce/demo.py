"""Settings of the demo: small enough for a few minutes on two cores, otherwise as published."""

# The digits have 8x8 pixels: two stages leave 4x4 maps. Pixel's differential evolution gets two
# generations instead of a hundred, which would take hours.
SETTINGS = {
    "widths": (16, 32),
    "epochs": 30,
    "set": ["Pixel.max_iter=2", "recipe.batch_size=32"],
    "images": 60,
    "shard": 60,
}
